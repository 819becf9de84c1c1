"""Other linters, each run as a program of its own, whose findings join ours."""
