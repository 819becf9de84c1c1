"""IMG0: the Dockerfile as a text: syntax, and comments that silence rules."""
