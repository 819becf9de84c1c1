"""Alembic's entry: run the migrations on the application's own database."""

from alembic import context

from app.db import engine
from app.models import Base

with engine().connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
