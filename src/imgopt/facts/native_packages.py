"""Packages with compiled parts, and where installs of each language put them."""

from __future__ import annotations

import msgspec


class Ecosystem(msgspec.Struct, frozen=True):
    """Where one language's packages lie, and which of them are compiled for one runtime.

    `abi` is how many numbers of the interpreter's version compiled packages hang on; `packages`
    are known by name, for where no lock file tells.
    """

    language: str
    folder: str
    manifest: str
    abi: int
    packages: frozenset[str]


PYTHON = Ecosystem(
    language="Python",
    folder="site-packages",
    manifest="pyproject.toml",
    abi=2,
    packages=frozenset(
        (
            "numpy pandas scipy psycopg2 psycopg2-binary cryptography pydantic pydantic-core lxml"
            " pillow uvloop orjson grpcio cffi bcrypt asyncpg aiohttp httptools msgspec pyyaml"
            " fastapi scikit-learn torch matplotlib greenlet sqlalchemy ujson gevent mysqlclient"
        ).split()
    ),
)
NODE = Ecosystem(
    language="Node",
    folder="node_modules",
    manifest="package.json",
    abi=1,
    packages=frozenset(
        (
            "bcrypt sharp sqlite3 better-sqlite3 canvas argon2 node-sass bufferutil re2"
            " isolated-vm esbuild @swc/core lightningcss prisma @prisma/client"
        ).split()
    ),
)
