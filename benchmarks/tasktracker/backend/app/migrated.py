"""Health of the worker: exit 0 once the database is at the newest migration."""

import sys

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from app.db import engine


def main() -> int:
    newest = ScriptDirectory.from_config(Config("alembic.ini")).get_current_head()
    with engine().connect() as connection:
        return int(MigrationContext.configure(connection).get_current_revision() != newest)


if __name__ == "__main__":
    sys.exit(main())
