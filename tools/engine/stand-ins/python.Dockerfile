# python:3.13-slim
FROM debian:trixie-slim
RUN apt-get update \
    && apt-get install -y -q --no-install-recommends python3 python3-pip python3-venv \
    && rm -rf /var/lib/apt/lists/* \
    && ln -s /usr/bin/python3 /usr/local/bin/python \
    && python -c 'import sys; assert sys.version_info[:2] == (3, 13), sys.version'
ENV PIP_BREAK_SYSTEM_PACKAGES=1
CMD ["python3"]
