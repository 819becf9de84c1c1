"""How a history's tables became what they are: one file a version, run by Alembic."""
