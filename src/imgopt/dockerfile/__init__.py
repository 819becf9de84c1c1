"""The Dockerfile as data: text in, instructions, stages and commands with exact spans out. Pure."""
