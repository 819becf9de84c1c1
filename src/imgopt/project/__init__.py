"""The images of a project: services of imgopt.toml, compose files and bake files."""
