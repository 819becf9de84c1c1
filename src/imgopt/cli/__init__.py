"""The command line: one file a command. Only here errors become exit codes."""
