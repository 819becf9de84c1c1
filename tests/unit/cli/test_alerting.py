"""Where alerts go, and what is said of them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from engine_fixtures import write
from records import record

from imgopt.alerts.webhook import SIGNATURE
from imgopt.cli.alerting import alerting, job_link
from imgopt.cli.main import main
from imgopt.config import Alerts
from imgopt.errors import ConfigError
from imgopt.history.store import History

URL = "https://hooks.example.org/T0/s3cret"


@pytest.fixture
def hook() -> Iterator[tuple[str, list[tuple[dict[str, str], bytes]]]]:
    got: list[tuple[dict[str, str], bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            got.append((dict(self.headers), self.rfile.read(length)))
            self.send_response(500 if self.path == "/broken" else 200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", got
    server.shutdown()
    server.server_close()


@pytest.fixture
def over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose build context is over its budget."""
    write(tmp_path, {
        "Dockerfile": "FROM busybox:1.37\nCOPY . /\nUSER 1000\n", "big": "x" * 3000,
        "imgopt.toml": '[services.web.budget]\ncontext = "1 kB"\n[alerts]\nurl-env = "HOOK"\n'
        'secret-env = "HOOK_SECRET"\nformat = "slack"\n',
    })  # fmt: skip
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HOOK", raising=False)
    monkeypatch.delenv("HOOK_SECRET", raising=False)
    return tmp_path


def test_a_check_that_fails_is_told_to_the_webhook_of_the_environment(
    over: Path, hook: tuple[str, list[tuple[dict[str, str], bytes]]],
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    url, got = hook
    assert main(["check"]) == 1  # nobody is told where the variable is not set
    assert got == []
    monkeypatch.setenv("HOOK", f"{url}/T0/s3cret")
    assert main(["check"]) == 2
    assert "environment variable HOOK_SECRET is not set" in capsys.readouterr().err
    monkeypatch.setenv("HOOK_SECRET", "shared")
    assert main(["check"]) == 1
    ((headers, body),) = got
    assert json.loads(body)["text"] == "imgopt check failed"
    assert headers[SIGNATURE].startswith("sha256=")
    said = capsys.readouterr().err
    assert f"alert sent to {url}/…" in said
    assert "s3cret" not in said
    (over / "big").write_text("")
    assert main(["check"]) == 0
    assert len(got) == 1


def test_the_option_wins_and_the_verdict_stays(
    over: Path, hook: tuple[str, list[tuple[dict[str, str], bytes]]],
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    url, got = hook
    (over / "imgopt.toml").write_text('[services.web.budget]\ncontext = "1 kB"\n')
    assert main(["check", "--alert", url, "--alert-format", "teams"]) == 1
    assert json.loads(got[0][1])["type"] == "message"
    monkeypatch.setattr("imgopt.alerts.webhook._FIRST_WAIT_S", 0.0)
    assert main(["check", "--alert", f"{url}/broken"]) == 1
    assert "was not delivered" in capsys.readouterr().err
    assert main(["check", "--alert", "nonsense"]) == 2
    assert "must begin with https://" in capsys.readouterr().err


def test_settings_that_make_no_sense() -> None:
    with pytest.raises(ConfigError, match="'fax' is not one of json, slack, teams"):
        alerting(None, None, Alerts(format="fax"), {})
    with pytest.raises(ConfigError, match="--alert-format has no effect"):
        alerting(None, "slack", Alerts(), {})
    assert alerting(None, None, Alerts(url_env="X"), {}) is None
    found = alerting(None, "slack", Alerts(url_env="X"), {"X": URL, "IMGOPT_ALERT_SECRET": "s"})
    assert found is not None
    assert found.form == "slack"
    assert "s3cret" not in repr(found)


@pytest.mark.parametrize(
    ("environ", "link"),
    [
        ({}, ""),
        ({"CI_JOB_URL": "https://git.example/j/1"}, "https://git.example/j/1"),
        ({"CI_JOB_URL": "javascript:x"}, ""),
        ({"CI_JOB_URL": "https://git.example/<!channel>"}, ""),
        ({"GITHUB_SERVER_URL": "https://git.example", "GITHUB_REPOSITORY": "a/b",
          "GITHUB_RUN_ID": "7"}, "https://git.example/a/b/actions/runs/7"),
    ],
)  # fmt: skip
def test_the_page_of_the_job(environ: dict[str, str], link: str) -> None:
    assert job_link(environ) == link


def test_a_report_tells_the_webhook_what_changed_in_the_last_week(
    tmp_path: Path, hook: tuple[str, list[tuple[dict[str, str], bytes]]],
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    url, got = hook
    now = datetime.now(UTC)
    store = History(f"sqlite:///{tmp_path / 'h.db'}")
    for day in range(40, 0, -1):
        at = now - timedelta(days=day)
        took = (20.0 if day <= 6 else 10.0) + day % 3 / 10
        store.add([
            record(day, committed_at=at, started_at=at, duration_s=took, author="<!channel>",
                   sample=sample)
            for sample in range(3)
        ])  # fmt: skip
    store.close()
    monkeypatch.chdir(tmp_path)
    argv = ["report", "--history", f"sqlite:///{tmp_path / 'h.db'}", "--format", "json", "--alert"]
    assert main([*argv, url, "-q"]) == 0
    ((_, body),) = got
    document = json.loads(body)
    assert (document["kind"], len(document["items"])) == ("changes", 1)
    item = document["items"][0]
    assert (item["service"], item["scenario"], item["commit"][0]) == ("api", "cold", "6")
    report = json.loads((tmp_path / "reports" / "report.json").read_text())
    assert item in report["change_points"]
    assert main([*argv, url, "--alert-format", "slack"]) == 0
    assert "<!" not in got[1][1].decode()
    assert f"alert sent to {url}/…" in capsys.readouterr().err
