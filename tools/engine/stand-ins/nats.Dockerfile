# nats:2.10
FROM debian:trixie-slim
RUN apt-get update \
    && apt-get install -y -q --no-install-recommends nats-server wget \
    && rm -rf /var/lib/apt/lists/* \
    && nats-server --version | grep -q 'v2\.10\.'
EXPOSE 4222 8222
ENTRYPOINT ["nats-server"]
CMD []
