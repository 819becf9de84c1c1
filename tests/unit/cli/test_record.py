from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from records import record

from imgopt.history.store import History
from imgopt.records.build import content_id, decode, encode


def imgopt(*argv: str, cwd: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "imgopt", "record", *argv],
        cwd=cwd, input=stdin, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_export_and_import_are_idempotent(tmp_path: Path) -> None:
    one = tmp_path / "one.db"
    store = History(f"sqlite:///{one}")
    store.add([record(n) for n in range(3)] + [record(9, service="web", variant="B")])
    store.close()
    url = f"sqlite:///{one}"
    exported = imgopt("export", "--history", url, cwd=tmp_path).stdout
    assert len(exported.splitlines()) == 4
    assert len(imgopt("export", "--history", url, "--service", "web", cwd=tmp_path)
               .stdout.splitlines()) == 1  # fmt: skip
    (tmp_path / "records.jsonl").write_text(exported)
    again = imgopt("import", "records.jsonl", "--history", url, cwd=tmp_path)
    assert "0 records added, 4 already present" in again.stderr
    other = f"sqlite:///{tmp_path / 'two.db'}"
    done = imgopt("import", "-", "--history", other, cwd=tmp_path, stdin=exported + "\n")
    assert "4 records added, 0 already present" in done.stderr
    assert imgopt("export", "--history", other, cwd=tmp_path).stdout == exported


def test_a_line_that_is_no_record_ends_the_import_and_keeps_nothing(tmp_path: Path) -> None:
    good = encode(record()).decode()
    url = f"sqlite:///{tmp_path / 'x.db'}"
    for bad in ("{}", "nonsense", "[" * 100_000, good.replace('"schema_version":1',
                '"schema_version":2')):  # fmt: skip
        done = imgopt("import", "-", "--history", url, cwd=tmp_path, stdin=f"{good}\n{bad}\n")
        assert done.returncode == 2
        assert "<stdin>:2:" in done.stderr
        assert "Traceback" not in done.stderr
    assert not (tmp_path / "x.db").exists()


def test_exporting_from_nowhere_creates_nothing(tmp_path: Path) -> None:
    for argv in ((), ("--history", f"sqlite:///{tmp_path}/a/b.db"), ("out.jsonl",)):
        done = imgopt("export", *argv, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, "")
        assert "there is no history" in done.stderr
    (tmp_path / "empty.db").touch()
    done = imgopt("export", "--history", f"sqlite:///{tmp_path}/empty.db", cwd=tmp_path)
    assert "holds no history yet" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["empty.db"]


def test_the_configuration_names_the_history(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}"
    (tmp_path / "other.toml").write_text(f"[history]\nurl = '{url}'\n")
    text = encode(record()).decode() + "\n"
    imgopt("import", "-", "-q", "--config", "other.toml", cwd=tmp_path, stdin=text)
    done = imgopt("export", "--config", "other.toml", "-o", "out.jsonl", cwd=tmp_path)
    assert done.stdout == ""
    assert (tmp_path / "out.jsonl").read_text() == text
    both = imgopt("export", "--config", "other.toml", "-o", "a", "b", cwd=tmp_path)
    assert both.returncode == 2


def test_a_record_from_before_the_later_fields_keeps_its_identity() -> None:
    """The id as it was computed when those fields did not exist."""
    import hashlib
    import json

    import msgspec

    new = record()
    data = json.loads(encode(new))
    for name in (
        "variant", "isolation", "load_per_core", "steal", "inputs", "target", "author", "bases",
        "build_args", "failure", "findings", "ref",
    ):  # fmt: skip
        del data[name]
    for step in data["steps"]:
        del step["critical"]
    old = msgspec.json.encode(data, order="sorted")
    assert content_id(decode(old)) == content_id(new)
    assert hashlib.sha256(old).hexdigest() == content_id(new)
    assert content_id(record(variant="B")) != content_id(new)
