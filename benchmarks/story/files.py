"""The files that the story's commits write: Dockerfiles in their states, pins, and source."""

from __future__ import annotations

OLD_BASE, NEW_BASE = "tasktracker/python:3.13-1", "tasktracker/python:3.13-2"
# The bases, as the team would have them built elsewhere; made from stdin, without a context.
BASES = {
    OLD_BASE: """\
FROM python:3.13-slim
ENV UV_SYSTEM_PYTHON=1 UV_BREAK_SYSTEM_PACKAGES=1 UV_NO_CACHE=1
RUN pip install --no-cache-dir uv==0.13.9
""",
    NEW_BASE: f"""\
FROM {OLD_BASE}
RUN apt-get update \\
    && apt-get install -y --no-install-recommends gcc libc6-dev \\
    && rm -rf /var/lib/apt/lists/*
""",
}
CONFIG = """\
[services.backend]
context = "backend"
network = "host"

[services.dashboard]
context = "dashboard"
network = "host"
"""
_CHECK = "RUN python -m compileall -q app && python -c 'import app.main'"
_SERVE = """\
EXPOSE 8000
CMD ["uvicorn", "app.main:app", "--host", "0.0.0.0", "--port", "8000"]
"""
BURNDOWN_PINS = """\
contourpy==1.3.3
cycler==0.12.1
fonttools==4.68.0
kiwisolver==1.5.1
matplotlib==3.11.2
numpy==2.4.6
packaging==26.3
pandas==3.1.1
pillow==13.0.0
pyparsing==3.3.3
python-dateutil==4.0.0
scipy==1.17.1
"""
BURNDOWN = '''\
"""The burndown of a team's tasks."""


def burndown(counts: list[int]) -> dict[str, list[int]]:
    import pandas as pd

    left = pd.Series(counts).cumsum()
    return {"left": [int(n) for n in left]}
'''
PLAIN_BURNDOWN = '''\
"""The burndown of a team's tasks."""

from itertools import accumulate


def burndown(counts: list[int]) -> dict[str, list[int]]:
    return {"left": list(accumulate(counts))}
'''


def backend(base: str = OLD_BASE) -> str:
    """The Dockerfile that installs before the source comes."""
    return f"""\
FROM {base}
WORKDIR /app
COPY requirements.txt ./
RUN uv pip install -r requirements.txt
COPY alembic.ini ./
COPY migrations/ migrations/
COPY app/ app/
{_CHECK}
{_SERVE}"""


def backend_copied_first() -> str:
    """The one that copies everything above the install."""
    return f"""\
FROM {OLD_BASE}
WORKDIR /app
COPY . .
RUN uv pip install -r requirements.txt
{_CHECK}
{_SERVE}"""


def dashboard(with_tests: bool = False, with_tools: bool = False) -> str:
    """The Dockerfile that builds the pages and serves them with nginx."""
    tests = """\
COPY tests/ tests/
RUN for zone in America/Lima Asia/Tokyo UTC; do TZ=$zone npm test || exit 1; done
"""
    tools = """\
RUN apt-get update \\
    && apt-get install -y --no-install-recommends git vim-tiny \\
    && rm -rf /var/lib/apt/lists/*
"""
    return f"""\
FROM node:24-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/root/.npm \\
    npm ci
COPY index.html vite.config.js ./
COPY src/ src/
{tests if with_tests else ""}RUN npm run build

FROM nginx:1.30
{tools if with_tools else ""}COPY nginx.conf /etc/nginx/conf.d/default.conf
COPY --from=build /src/dist /usr/share/nginx/html
EXPOSE 8080
"""
