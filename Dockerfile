# imgopt in a container:
#   docker build -t imgopt .                    lint, fix, explain and rules
#   docker build -t imgopt:all --target all .   all commands, with docker, buildx and git

FROM python:3.13-slim AS wheel
WORKDIR /src
RUN --mount=type=cache,target=/root/.cache/pip \
    pip install hatchling==1.33.0
COPY pyproject.toml README.md LICENSE ./
COPY rules/ rules/
COPY src/ src/
RUN --mount=type=cache,target=/root/.cache/pip \
    pip wheel --no-deps --no-build-isolation --wheel-dir /wheels .

# What imgopt needs, without imgopt: it stays in the cache when only the code changes.
FROM python:3.13-slim AS packages
WORKDIR /opt
RUN python -m venv --without-pip imgopt
COPY ci/requirements.py pyproject.toml constraints.txt ./
RUN --mount=type=cache,target=/root/.cache/pip \
    python requirements.py pyproject.toml > requirements.txt \
    && pip --python imgopt/bin/python install -c constraints.txt -r requirements.txt

FROM packages AS all-packages
RUN --mount=type=cache,target=/root/.cache/pip \
    python requirements.py pyproject.toml all > requirements.txt \
    && pip --python imgopt/bin/python install -c constraints.txt -r requirements.txt

FROM python:3.13-slim AS all
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt,sharing=locked \
    rm -f /etc/apt/apt.conf.d/docker-clean \
    && apt-get update \
    && apt-get install -y --no-install-recommends docker-buildx docker-cli git
COPY --from=all-packages /opt/imgopt /opt/imgopt
# pip compiles imgopt's modules, but leaves no bytecode of its own.
RUN --mount=type=bind,from=wheel,source=/wheels,target=/wheels \
    PYTHONDONTWRITEBYTECODE=1 pip --python /opt/imgopt/bin/python install \
        --no-deps --no-index /wheels/*.whl
# docker, buildx and Matplotlib keep files of theirs at home, whoever the user is.
ENV PATH=/opt/imgopt/bin:$PATH \
    HOME=/tmp
USER 1000:1000
WORKDIR /work
ENTRYPOINT ["imgopt"]
CMD ["--help"]

FROM python:3.13-slim AS lint
COPY --from=packages /opt/imgopt /opt/imgopt
RUN --mount=type=bind,from=wheel,source=/wheels,target=/wheels \
    PYTHONDONTWRITEBYTECODE=1 pip --python /opt/imgopt/bin/python install \
        --no-deps --no-index /wheels/*.whl
ENV PATH=/opt/imgopt/bin:$PATH
USER 1000:1000
WORKDIR /work
ENTRYPOINT ["imgopt"]
CMD ["lint"]
