"""The table of programs that serve a project while it is written, or a folder of files."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from imgopt.dockerfile.shell import Command
from imgopt.facts.managers import Managers
from imgopt.facts.scripts import plain_words, runner, started_words

_ANY = "*"
_BUILD = "build"


class Server(msgspec.Struct, frozen=True):
    """`static` are the subcommands that serve a folder of files, `development` those that watch
    the project ("" for none, "*" for whatever stands there). With `behind`, another program may
    start it (`python -m flask run`). `builds` when its subcommand `build` makes a front end."""

    program: str
    static: tuple[str, ...] = ()
    development: tuple[str, ...] = ()
    behind: bool = False
    builds: bool = False


SERVERS = (
    Server("vite", ("", "preview", "dev", "serve"), ("", "dev", "serve"), builds=True),
    Server("react-scripts", ("start",)),
    Server("vue-cli-service", ("serve",)),
    Server("ng", ("serve",), builds=True),
    Server("serve", ("",)),
    Server("http-server", ("",)),
    Server("webpack", ("serve",)),
    Server("webpack-dev-server", ("",)),
    Server("parcel", ("",)),
    Server("gatsby", ("serve",)),
    Server("astro", ("preview", "dev")),
    Server("next", development=("dev",)),
    Server("nodemon", development=(_ANY,)),
    Server("flask", development=("run",), behind=True),
)
# Programs that serve what others write, and databases.
_SERVES = frozenset(
    (
        "gunicorn uvicorn hypercorn daphne granian waitress-serve uwsgi puma unicorn thin passenger"
        " nginx httpd apache2 apache2ctl apache2-foreground apachectl caddy lighttpd haproxy"
        " traefik envoy php-fpm frankenphp catalina.sh postgres mysqld mariadbd mongod redis-server"
        " memcached rabbitmq-server streamlit jupyter jupyter-lab"
    ).split()
)
_RELOAD = "--reload"
_SCRIPTS = ("dev",)  # what a script for development is called
_DJANGO, _DJANGO_SERVES = ("manage.py", "django"), "runserver"


def development_server(command: Command, managers: Managers) -> str:
    """What a command starts that is for development, as a message names it; empty for nothing."""
    words = started_words(command, managers)
    plain = plain_words(words)
    if _RELOAD in words:
        return f"{words[0]} {_RELOAD}"
    if _DJANGO_SERVES in plain and any(name in word for name in _DJANGO for word in plain):
        return f"{_DJANGO[0]} {_DJANGO_SERVES}"
    for server in SERVERS:
        if found := _develops(server, plain):
            return found
    manager = runner(command, managers)
    if manager and manager.scripts and plain[-1] in _SCRIPTS:
        before = plain[1:-1]
        if not before or (len(before) == 1 and before[0] in manager.scripts.run):
            return " ".join(plain)
    return ""


def is_server(command: Command, managers: Managers) -> bool:
    """Whether a command is known to start a server."""
    words = started_words(command, managers)
    starts = {words[0], *plain_words(words)[:4]} & _SERVES
    return bool(starts) or bool(development_server(command, managers))


def _develops(server: Server, plain: list[str]) -> str:
    """What a message calls a server where these words start it for development."""
    if server.behind and plain[-2:-1] == [server.program]:
        plain = plain[-2:]
    if plain[:1] != [server.program]:
        return ""
    subcommand = plain[1] if len(plain) > 1 else ""
    if subcommand not in server.development and _ANY not in server.development:
        return ""
    return server.program if "" in server.development else " ".join(plain[:2])


def is_static_server(text: str, managers: Managers) -> bool:
    """Whether a command's text starts a server of files, and does nothing else."""
    launchers = "|".join(map(re.escape, managers.script_launchers))
    programs = "|".join(_patterns())
    ends = r"(\s+-|\s+\S+\s*$|\s*$)"
    return bool(re.match(rf"\s*((?:{launchers})\s+)?(?:{programs}){ends}", text))


def _patterns() -> Iterator[str]:
    for server in SERVERS:
        names = "|".join(map(re.escape, filter(None, server.static)))
        behind = rf"(?:\s+(?:{names}))" if names else ""
        optional = "?" if behind and "" in server.static else ""
        if server.static:
            yield f"{re.escape(server.program)}{behind}{optional}"


def builds_front_end(command: Command, managers: Managers) -> bool:
    """Whether a command runs the build of a front end: `npm run build`, `vite build`."""
    if _BUILD not in (command.name, *command.args):
        return False
    if runner(command, managers) or command.name in managers.script_launchers:
        return True
    return any(server.builds and server.program == command.name for server in SERVERS)
