"""The sample system is real: its images build, its own tests pass, and the whole of it runs."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from engine_fixtures import Engine
from places import ROOT

pytestmark = pytest.mark.engine
SAMPLE = ROOT / "benchmarks" / "tasktracker"
COMPOSE = ["compose", "-f", "docker-compose.yml", "-f", "docker-compose.host.yml"]
SECRETS = {"POSTGRES_PASSWORD": "for-the-test", "TELEGRAM_SECRET": "let-me-in"}
FRONT = "http://127.0.0.1:8088"


def test_the_backend_starts_alone_and_answers_health(
    default_engine: Engine, system: Engine
) -> None:
    """With SQLite, without NATS and without a network: its own health check says so."""
    start = "alembic upgrade head && exec uvicorn app.main:app --port 8000"
    name = default_engine.docker(
        "run", "--detach", "--network=none", "--env=DATABASE_URL=sqlite:////tmp/tasks.db",
        "imgopt-test-worker", "sh", "-c", start,
    ).strip()  # fmt: skip
    try:
        deadline = time.monotonic() + 60
        health = ""
        while health != "healthy" and time.monotonic() < deadline:
            format_ = "{{.State.Health.Status}} {{.State.Running}}"
            health, running = default_engine.docker("inspect", "--format", format_, name).split()
            assert running == "true", default_engine.docker("logs", name)
        assert health == "healthy"
        user = default_engine.docker("exec", name, "id", "-un")
        assert user.strip() == "app"
    finally:
        default_engine.docker("rm", "--force", name)


@pytest.fixture(scope="module")
def system(default_engine: Engine) -> Iterator[Engine]:
    """The whole system with docker compose, on the host's network."""
    engine = Engine({**default_engine.env, **SECRETS, "COMPOSE_PROJECT_NAME": "imgopt-test"})
    up = _compose(engine, "up", "--build", "--detach", "--wait", "--wait-timeout", "120")
    try:
        assert up.returncode == 0, up.stderr + _compose(engine, "logs", "--tail=30").stdout
        yield engine
    finally:
        _compose(engine, "down", "--volumes", "--rmi", "local", "--timeout", "3")


def _compose(engine: Engine, *argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["docker", *COMPOSE, *argv],
        cwd=SAMPLE, env=engine.env, capture_output=True, text=True, check=False,
    )  # fmt: skip


def _call(path: str, body: object = None, **headers: str) -> tuple[int, str]:
    data = None if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json", **headers}
    request = urllib.request.Request(FRONT + path, data=data, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


DEV = """\
FROM imgopt-test-worker
USER root
COPY requirements-dev.txt ./
RUN grep -v '^-r' requirements-dev.txt > /tmp/dev.txt \\
    && pip install -q --target=/dev-packages -r /tmp/dev.txt
ENV PYTHONPATH=/dev-packages
COPY . .
"""


def test_the_backends_own_tests_pass(system: Engine, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(DEV)
    name = "imgopt-test/backend-dev"
    _build(system, name, tmp_path / "Dockerfile", SAMPLE / "backend")
    try:
        argv = ("run", "--rm", "--network=none", name, "python", "-m", "pytest", "-q")
        assert "6 passed" in system.docker(*argv)
    finally:
        system.docker("image", "rm", "--force", name)


def test_the_dashboards_own_tests_pass(default_engine: Engine) -> None:
    """In the naive image, which holds the development dependencies."""
    folder = SAMPLE / "dashboard"
    name = "imgopt-test/dashboard-naive"
    _build(default_engine, name, folder / "Dockerfile.naive", folder)
    try:
        argv = ("run", "--rm", "--network=none", "--env=NO_COLOR=1", name, "npm", "test")
        assert "2 passed" in default_engine.docker(*argv)
    finally:
        default_engine.docker("image", "rm", "--force", name)


def _build(engine: Engine, name: str, dockerfile: Path, context: Path) -> None:
    flags = ("--quiet", "--load", "--network=host", f"--tag={name}", f"--file={dockerfile}")
    engine.docker("buildx", "build", *flags, str(context))


def test_the_api_stores_and_the_worker_counts_through_nats(system: Engine) -> None:
    health = json.loads(_call("/api/health")[1])
    assert (health["status"], health["queue"]) == ("ok", True)
    status, text = _call("/api/tasks", {"title": "three little words"})
    assert status == 201
    wanted = json.loads(text)["id"]
    deadline = time.monotonic() + 20
    words = None
    while words is None and time.monotonic() < deadline:
        tasks = json.loads(_call("/api/tasks")[1])
        words = next(t["words"] for t in tasks if t["id"] == wanted)
    assert words == 3


def test_the_webhook_checks_its_secret(system: Engine) -> None:
    update = {"message": {"text": "from telegram"}}
    assert _call("/api/telegram/webhook", update)[0] == 403
    secret = {"X-Telegram-Bot-Api-Secret-Token": SECRETS["TELEGRAM_SECRET"]}
    status, text = _call("/api/telegram/webhook", update, **secret)
    assert (status, json.loads(text)["stored"]) == (200, True)
    assert any(t["source"] == "telegram" for t in json.loads(_call("/api/tasks")[1]))


def test_the_dashboard_is_served(system: Engine) -> None:
    status, page = _call("/")
    assert status == 200
    script = page.partition('src="')[2].partition('"')[0]
    assert "/api/tasks" in _call(script)[1]


def test_migrations_go_down_and_up_on_postgresql(system: Engine) -> None:
    for command in (("downgrade", "base"), ("upgrade", "head"), ("current",)):
        done = _compose(system, "exec", "-T", "worker", "alembic", *command)
        assert done.returncode == 0, done.stderr
    assert "0002 (head)" in done.stdout


def test_services_start_in_order(system: Engine) -> None:
    order = ["postgres", "nats", "worker", "api", "dashboard", "nginx"]
    started = []
    for service in order:
        name = f"imgopt-test-{service}-1"
        started.append(system.docker("inspect", "--format", "{{.State.StartedAt}}", name))
    assert started == sorted(started)


def test_compose_watch_and_just_are_valid(default_engine: Engine) -> None:
    env = {**default_engine.env, **SECRETS}
    argv = [
        "docker",
        "compose",
        "-f",
        "docker-compose.yml",
        "-f",
        "docker-compose.watch.yml",
        "config",
    ]
    done = subprocess.run(
        [*argv, "--format", "json"],
        cwd=SAMPLE,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    services = json.loads(done.stdout)["services"]
    for name, service in services.items():
        for rule in (service.get("develop") or {}).get("watch", ()):
            assert Path(rule["path"]).exists(), (name, rule)
    just = Path(sys.executable).with_name("just")
    done = subprocess.run(
        [str(just), "--summary"], cwd=SAMPLE, capture_output=True, text=True, check=True
    )
    assert set(done.stdout.split()) >= set(
        "services services-dev rebuild services-stop services-clean services-clean-all alembic-up"
        " db-nuclear-reset typecheck fmt-check test".split()
    )
