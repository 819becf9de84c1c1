"""IMG4: the build context and its .dockerignore: what is sent, and what is missing."""
