"""The build context: finding Dockerfiles, .dockerignore, and what a COPY would send."""
