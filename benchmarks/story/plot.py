"""The story of the sample system in eight weeks: its commits, and which of them change a series.

Data alone; repository.py makes commits of it.
"""

from __future__ import annotations

import msgspec

from story.files import (
    BURNDOWN,
    BURNDOWN_PINS,
    CONFIG,
    NEW_BASE,
    PLAIN_BURNDOWN,
    backend,
    backend_copied_first,
    dashboard,
)

MIRA, JONAS, PRIYA, TEO = "Mira Okafor", "Jonas Lind", "Priya Raman", "Teo Silva"
SIZE, COLD, CODE_CHANGE = "size", "cold", "code-change"
# What is built of each service. Not the backend cold: its packages come in 3 s or in 9 s, as the
# package index likes, and two samples of a commit do not tell that from what a commit does.
SCENARIOS = {"backend": (CODE_CHANGE,), "dashboard": (COLD, CODE_CHANGE)}
UP, DOWN = "up", "down"

_MAIN, _TASKS = "backend/app/main.py", "dashboard/src/tasks.js"
_PINS, _BURNDOWN = "backend/requirements.txt", "backend/app/burndown.py"
_BACKEND, _DASHBOARD = "backend/Dockerfile", "dashboard/Dockerfile"


class Change(msgspec.Struct, frozen=True):
    """A change that the commit makes to a series: that of the size, or of a scenario's time."""

    service: str
    series: str
    direction: str


class Commit(msgspec.Struct, frozen=True, kw_only=True):
    """`write` are whole files, `append` is text behind what they hold, `replace` maps a file to
    old and new text; `breaks` names the service that does not build."""

    author: str
    subject: str
    write: dict[str, str] = {}
    append: dict[str, str] = {}
    replace: dict[str, tuple[str, str]] = {}
    changes: tuple[Change, ...] = ()
    breaks: str = ""


def _python(author: str, subject: str, name: str, body: str) -> Commit:
    """A function more in the backend."""
    return Commit(author=author, subject=subject, append={_MAIN: _function(name, body)})


def _script(author: str, subject: str, name: str, body: str) -> Commit:
    """A function more in the dashboard."""
    return Commit(author=author, subject=subject, append={_TASKS: _export(name, body)})


def _both(author: str, subject: str, name: str, body: str, script: str) -> Commit:
    """One in both services."""
    added = {
        _MAIN: _function(name, body),
        _TASKS: _export(name.replace("_", ""), script),
    }
    return Commit(author=author, subject=subject, append=added)


def _docs(author: str, subject: str, text: str) -> Commit:
    """What no image has in it."""
    return Commit(author=author, subject=subject, append={"docs/notes.md": f"\n{text}\n"})


def _function(name: str, body: str) -> str:
    return f"\n\ndef {name}(tasks: list[Task]) -> object:\n    return {body}\n"


def _export(name: str, body: str) -> str:
    return f"\nexport const {name} = (tasks) => {body};\n"


COMMITS = (
    Commit(
        author=MIRA,
        subject="Build the backend and the dashboard as images",
        write={_BACKEND: backend(), _DASHBOARD: dashboard(), "imgopt.toml": CONFIG},
    ),
    _python(JONAS, "Count the tasks that are open", "open_count", "sum(not t.done for t in tasks)"),
    _script(PRIYA, "Show how many tasks are done", "done", "tasks.filter((t) => t.done).length"),
    _docs(TEO, "Describe how to run the system", "Run `docker compose up`."),
    _python(JONAS, "Name the newest task", "newest", "max((t.id for t in tasks), default=None)"),
    _script(PRIYA, "Name the first open task", "firstOpen", "tasks.find((t) => !t.done)"),
    _both(JONAS, "Say whether there is anything to do", "is_idle", "all(t.done for t in tasks)",
          "tasks.every((t) => t.done)"),
    Commit(
        author=TEO,
        subject="Forecast the burndown with pandas and scipy",
        append={_PINS: BURNDOWN_PINS},
        write={_BURNDOWN: BURNDOWN},
        changes=(Change("backend", SIZE, UP),),
    ),
    _script(PRIYA, "Show the burndown", "burndown", "tasks.map((t) => (t.done ? 0 : 1))"),
    _python(JONAS, "Count the tasks of a burndown", "counted", "[int(t.done) for t in tasks]"),
    _docs(TEO, "Explain the burndown chart", "It shows what is left to do."),
    Commit(
        author=PRIYA,
        subject="Test the dashboard in three time zones while it is built",
        write={_DASHBOARD: dashboard(with_tests=True)},
        replace={"dashboard/Dockerfile.dockerignore": ("!src\n", "!src\n!tests\n")},
        changes=(Change("dashboard", COLD, UP), Change("dashboard", CODE_CHANGE, UP)),
    ),
    _python(JONAS, "Leave closed tasks out of the burndown", "left",
            "[t for t in tasks if not t.done]"),
    _script(PRIYA, "Search as one types", "search", "tasks.filter((t) => t.title.includes('a'))"),
    Commit(
        author=TEO,
        subject="Upgrade FastAPI",
        replace={_PINS: ("fastapi==0.165.0", "fastapi==0.1650.0")},
        breaks="backend",
    ),
    Commit(
        author=TEO,
        subject="Take the FastAPI that there is",
        replace={_PINS: ("fastapi==0.1650.0", "fastapi==0.165.0")},
    ),
    _script(PRIYA, "Show the longest title", "longest",
            "Math.max(...tasks.map((t) => t.title.length))"),
    Commit(
        author=MIRA,
        subject="Copy the whole backend at once",
        write={_BACKEND: backend_copied_first()},
        changes=(Change("backend", CODE_CHANGE, UP),),
    ),
    _python(JONAS, "Close tasks in bulk", "closed", "[t.id for t in tasks if t.done]"),
    _script(PRIYA, "Close many tasks with one click", "closable", "tasks.filter((t) => !t.done)"),
    _python(JONAS, "Remember which tasks were empty", "empty",
            "[t.id for t in tasks if not t.body]"),
    _both(MIRA, "Group tasks by whether they are done", "groups",
          "{True: [t for t in tasks if t.done], False: [t for t in tasks if not t.done]}",
          "Object.groupBy(tasks, (t) => (t.done ? 'done' : 'open'))"),
    _docs(TEO, "Write down how a release is made", "Tag it; the pipeline does the rest."),
    Commit(
        author=MIRA,
        subject="Install before the source comes, again",
        write={_BACKEND: backend()},
        changes=(Change("backend", CODE_CHANGE, DOWN),),
    ),
    _python(MIRA, "List the titles alone", "titles", "[t.title for t in tasks]"),
    _script(PRIYA, "Sort tasks by title", "sorted",
            "[...tasks].sort((a, b) => (a.title < b.title ? -1 : 1))"),
    _python(JONAS, "Measure the length of titles", "lengths", "[len(t.title) for t in tasks]"),
    _script(PRIYA, "Show titles in capitals", "loud", "tasks.map((t) => t.title.toUpperCase())"),
    _both(JONAS, "Put the last first", "turned", "tasks[::-1]", "[...tasks].reverse()"),
    _python(JONAS, "Find tasks by a word", "found", "[t for t in tasks if 'word' in t.title]"),
    Commit(
        author=MIRA,
        subject="Update the base image of the backend",
        write={_BACKEND: backend(NEW_BASE)},
        changes=(Change("backend", SIZE, UP),),
    ),
    _python(TEO, "Count in one place", "how_many", "len(tasks)"),
    Commit(
        author=TEO,
        subject="Add git and vim to look into crashes",
        write={_DASHBOARD: dashboard(with_tests=True, with_tools=True)},
        changes=(Change("dashboard", SIZE, UP), Change("dashboard", COLD, UP)),
    ),
    _python(MIRA, "Take the ids of tasks alone", "ids", "[t.id for t in tasks]"),
    _script(PRIYA, "Ask for the last task", "last", "tasks.at(-1)"),
    _docs(MIRA, "Say whom to ask", "Ask in the channel first."),
    Commit(
        author=JONAS,
        subject="Draw the burndown without pandas and scipy",
        replace={_PINS: (BURNDOWN_PINS, "")},
        write={_BURNDOWN: PLAIN_BURNDOWN},
        changes=(Change("backend", SIZE, DOWN),),
    ),
    _both(PRIYA, "Join the titles", "joined", "', '.join(t.title for t in tasks)",
          "tasks.map((t) => t.title).join(', ')"),
    _python(JONAS, "Compare two tasks", "same", "len({t.title for t in tasks}) < len(tasks)"),
    _both(MIRA, "Leave out what is empty", "full", "[t for t in tasks if t.title]",
          "tasks.filter((t) => t.title)"),
    _both(PRIYA, "Mark what is new", "fresh", "[t for t in tasks if t.id > 100]",
          "tasks.filter((t) => t.id > 100)"),
)  # fmt: skip
