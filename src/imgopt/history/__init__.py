"""What keeps records: the database, and what git knows of the tree that was built."""
