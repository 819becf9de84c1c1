"""IMG5: what an image is built on, and what it fetches while it is built."""
