"""Which engine is chosen, and what is said when it does not answer."""

from __future__ import annotations

import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest
from places import ROOT
from stand_in import on_port, on_socket

from imgopt.docker import client
from imgopt.docker.client import endpoint
from imgopt.docker.info import info
from imgopt.errors import EngineError


@pytest.fixture(autouse=True)
def configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of docker's configuration with a context `far`, which is in use."""
    for name in list(os.environ):
        if name.startswith("DOCKER_"):
            monkeypatch.delenv(name)
    folder = tmp_path / "configuration"
    meta = folder / "contexts" / "meta" / sha256(b"far").hexdigest()
    meta.mkdir(parents=True)
    host = {"Host": "tcp://far.invalid:2376", "SkipTLSVerify": False}
    data = {"Name": "far", "Metadata": {}, "Endpoints": {"docker": host}}
    (meta / "meta.json").write_text(json.dumps(data))
    (folder / "config.json").write_text('{"currentContext": "far"}')
    monkeypatch.setenv("DOCKER_CONFIG", str(folder))
    return folder


def program(folder: Path, name: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / name).write_text(f"#!{sys.executable}\n{text}\n")
    (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def test_the_engine_is_the_one_that_docker_would_use(
    configuration: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert endpoint() == client.Endpoint("tcp://far.invalid:2376", "docker context far", "far")
    monkeypatch.setenv("DOCKER_CONTEXT", "default")
    assert endpoint() == client.Endpoint("unix:///var/run/docker.sock", "the default")
    monkeypatch.setenv("DOCKER_CONTEXT", "far")
    assert endpoint().chosen_by == "docker context far, from DOCKER_CONTEXT"
    monkeypatch.setenv("DOCKER_HOST", "tcp://near:1")
    assert endpoint() == client.Endpoint("tcp://near:1", "from DOCKER_HOST")
    monkeypatch.delenv("DOCKER_HOST")
    monkeypatch.delenv("DOCKER_CONTEXT")
    (configuration / "config.json").write_text("{}")
    assert endpoint().chosen_by == "the default"


def test_a_context_is_found_without_a_configuration_file(
    configuration: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (configuration / "config.json").unlink()
    answer = [{"Endpoints": {"docker": {"Host": "tcp://x:1"}}, "Storage": {"TLSPath": "/none"}}]
    program(tmp_path, "docker", f"print({json.dumps(answer)!r})", monkeypatch)
    monkeypatch.setenv("DOCKER_CONTEXT", "x")
    assert endpoint().host == "tcp://x:1"


def test_an_unknown_or_damaged_context_is_one_message(
    configuration: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    next(configuration.rglob("meta.json")).write_text("{")
    with pytest.raises(EngineError, match="docker context far cannot be read"):
        endpoint()
    monkeypatch.setenv("DOCKER_CONTEXT", "nowhere")
    with pytest.raises(EngineError, match="no docker context 'nowhere'"):
        endpoint()
    (configuration / "config.json").unlink()
    with pytest.raises(EngineError, match="no docker context 'nowhere'"):
        endpoint()


def test_where_none_answers_the_message_says_which_was_tried_and_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    with pytest.raises(EngineError) as error:
        info()
    said = str(error.value)
    assert f"no Docker engine answers at unix://{tmp_path}/none.sock (from DOCKER_HOST): No" in said
    assert "start Docker, or choose another engine with DOCKER_HOST" in said
    assert "python3 tools/engine up" in said
    monkeypatch.setenv("DOCKER_HOST", "gopher://x")
    with pytest.raises(EngineError, match=r"gopher://x \(from DOCKER_HOST\): Invalid bind"):
        info()


def test_an_installed_imgopt_names_no_folder_of_the_repository(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "src" / "imgopt", tmp_path / "lib" / "python" / "site" / "imgopt")
    done = subprocess.run(
        [sys.executable, "-c", "from imgopt.docker.info import info; info()"],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(tmp_path / "lib" / "python" / "site"),
            "DOCKER_HOST": f"unix://{tmp_path}/none.sock",
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "no Docker engine answers" in done.stderr
    assert "docker context use" in done.stderr
    assert "tools/engine" not in done.stderr


def test_an_engine_that_says_nothing_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "CONNECT_S", 0.1)
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/mute.sock")
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(str(tmp_path / "mute.sock"))
        mute.listen()
        with pytest.raises(EngineError, match="no answer in time"):
            info()


RELAY = """
import os, pathlib, socket, sys, threading
pathlib.Path({log!r}).write_text(repr(sys.argv[1:]))
engine = socket.socket(socket.AF_UNIX)
engine.connect({path!r})
def send():
    while data := os.read(0, 65536):
        engine.sendall(data)
    engine.shutdown(socket.SHUT_WR)
threading.Thread(target=send, daemon=True).start()
while data := engine.recv(65536):
    os.write(1, data)
"""


def test_an_engine_over_ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log, path = tmp_path / "log", tmp_path / "engine.sock"
    program(tmp_path, "ssh", RELAY.format(log=str(log), path=str(path)), monkeypatch)
    monkeypatch.setenv("DOCKER_HOST", "ssh://me@build.invalid:2222")
    with on_socket(path):
        assert info().docker == "28.5.2"
    assert log.read_text() == repr(
        ["-T", "-o", "ConnectTimeout=20", "-l", "me", "-p", "2222", "--", "build.invalid",
         "docker system dial-stdio"]
    )  # fmt: skip


def test_what_ssh_says_is_in_the_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, "ssh", "import sys; sys.exit('Permission denied (publickey).')", monkeypatch)
    monkeypatch.setenv("DOCKER_HOST", "ssh://build.invalid")
    with pytest.raises(EngineError, match=r"DOCKER_HOST\): Permission denied \(publickey\)"):
        info()
    monkeypatch.setenv("DOCKER_HOST", "ssh://")
    with pytest.raises(EngineError, match="names no host"):
        info()


def test_certificates_are_read_as_docker_reads_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not shutil.which("openssl"):
        pytest.skip("openssl, which makes the certificate, is not installed")
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:prime256v1", "-subj", "/CN=localhost", "-addext",
         "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    shutil.copy(certificate, tmp_path / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.load_verify_locations(certificate)
    context.verify_mode = ssl.CERT_REQUIRED
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
    with on_port(context) as port:
        monkeypatch.setenv("DOCKER_HOST", f"tcp://localhost:{port}")
        with pytest.raises(EngineError, match="DOCKER_TLS_VERIFY is set, but there is no"):
            info()
        monkeypatch.setenv("DOCKER_CERT_PATH", str(tmp_path))
        assert info().docker == "28.5.2"


def test_lint_does_not_import_the_sdk(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM debian:12\nRUN make\n")
    code = "import sys; from imgopt.cli.main import main; main(['lint']); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert not {"docker", "requests", "urllib3"} & set(done.stdout.split())
