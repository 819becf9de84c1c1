"""Where the console script is not on PATH: `python -m imgopt`."""

from imgopt.cli.main import run

run()
