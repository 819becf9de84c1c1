"""The instructions of a Dockerfile, and which of them only write the image's configuration."""

from __future__ import annotations

INSTRUCTIONS = frozenset(
    (
        "ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN"
        " SHELL STOPSIGNAL USER VOLUME WORKDIR"
    ).split()
)
# They make no files, and later steps run again for none of them.
CONFIGURATION = frozenset("LABEL EXPOSE CMD ENTRYPOINT HEALTHCHECK STOPSIGNAL VOLUME".split())
