"""`python -m imgopt`."""

from imgopt.cli.main import run

run()
