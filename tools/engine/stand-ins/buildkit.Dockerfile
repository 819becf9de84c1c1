# moby/buildkit:buildx-stable-1, which docker-container builders run: the BuildKit inside dockerd.
FROM debian:trixie-slim
RUN apt-get update \
    && apt-get install -y -q --no-install-recommends python3-minimal \
    && rm -rf /var/lib/apt/lists/*
COPY engine/ /usr/local/bin/
COPY --chmod=755 buildctl buildkitd /usr/local/bin/
ENTRYPOINT ["buildkitd"]
