"""BuildKit through the buildx command line: run a build, read its events, clean up behind it."""
