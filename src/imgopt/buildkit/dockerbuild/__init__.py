"""Builds that were done anyway, as `docker buildx history export` writes them (.dockerbuild)."""
