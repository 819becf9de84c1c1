"""What findings advise: what is there, under its own name, and what does not break the build."""

from __future__ import annotations

from pathlib import Path

import pytest

from imgopt.context.build_context import BuildContext
from imgopt.facts.file import Surroundings
from imgopt.lint.check import lint_bytes
from imgopt.lint.selection import choose_rules


def said(rule: str, text: str, folder: Path, files: dict[str, str] | None = None) -> str:
    """The messages of one rule for a Dockerfile with a context of these files."""
    for name, content in (files or {}).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    context = BuildContext(folder, folder / "Dockerfile") if files is not None else None
    around = Surroundings(context=context, context_is_certain=True)
    result = lint_bytes(text.encode(), "Dockerfile", choose_rules([rule], []), around)
    return " ".join(finding.message for finding in result.findings)


PHP = "FROM php:8.4-cli\nWORKDIR /app\nCOPY . .\nRUN composer install\n"
DOTNET = "FROM mcr.microsoft.com/dotnet/sdk:10.0\nWORKDIR /a\nCOPY . .\nRUN dotnet restore\n"


def test_only_locks_that_are_there_are_to_be_copied(tmp_path: Path) -> None:
    text = said("IMG101", DOTNET, tmp_path, {"a.csproj": "", "a.cs": ""})
    assert "Copy *.csproj first" in text
    (tmp_path / "packages.lock.json").write_text("{}")
    text = said("IMG101", DOTNET, tmp_path, {"a.cs": ""})
    assert "Copy *.csproj and packages.lock.json first" in text


def test_manifests_are_named_with_their_folder(tmp_path: Path) -> None:
    files = {"web/package.json": "{}", "web/pnpm-lock.yaml": "", "web/a.js": ""}
    text = "FROM node:24\nCOPY . /app\nWORKDIR /app/web\nRUN pnpm install\n"
    assert "Copy web/package.json and web/pnpm-lock.yaml first" in said(
        "IMG101", text, tmp_path, files
    )


def test_composer_cannot_make_an_autoloader_without_the_source() -> None:
    text = said("IMG101", PHP, Path())
    assert "install with --no-scripts --no-autoloader, then" in text
    assert text.endswith("copy the rest and run `composer dump-autoload`.")
    done = PHP.replace("install", "install --no-scripts --no-autoloader")
    assert "dump-autoload" not in said("IMG101", done, Path())


@pytest.mark.parametrize(
    ("base", "place"),
    [
        ("golang:1.24", "target=/go/pkg/mod "),
        ("registry.example.com/mirror/golang:1.24", "target=/go/pkg/mod "),
        ("debian:13", "target=/root/go/pkg/mod "),
        ("registry.example.com/base:1", "the folder that `go env GOMODCACHE` names"),
    ],
)
def test_a_mount_is_where_the_image_has_the_cache(base: str, place: str) -> None:
    assert place in said("IMG102", f"FROM {base}\nCOPY . .\nRUN go build .\n", Path()) + " "


@pytest.mark.parametrize(
    ("commands", "removal"),
    [
        ("curl -O https://a.example/b.tar.gz && tar xf b.tar.gz", "rm b.tar.gz`"),
        ("wget -P /tmp https://a.example/b.zip && unzip /tmp/b.zip", "rm /tmp/b.zip`"),
        ("cd /tmp && curl -O https://a.example/b.tgz && tar xf b.tgz && cd b", "rm /tmp/b.tgz`"),
        ("cd $X && curl -O https://a.example/b.tgz && tar xf b.tgz", "Remove b.tgz in the same"),
    ],
)
def test_an_archive_is_removed_from_where_it_lies(commands: str, removal: str) -> None:
    assert removal in said("IMG306", f'FROM debian:13\nRUN {commands}\nCMD ["a"]\n', Path())


def test_a_label_moves_with_the_argument_that_it_shows() -> None:
    text = "FROM debian:13\nARG GIT_SHA\nLABEL a=$GIT_SHA\nRUN apt-get install -y curl\n"
    assert "Move ARG GIT_SHA, and the LABEL that uses it (line 3), behind line 4." in said(
        "IMG106", text, Path()
    )


def test_a_user_is_a_number_where_none_can_be_created() -> None:
    text = 'FROM scratch\nCOPY a /a\nEXPOSE 80\nCMD ["/a"]\n'
    assert "Add `USER 65532:65532`" in said("IMG602", text, Path())
    assert "Create a user" in said("IMG602", text.replace("scratch", "debian:13"), Path())


def test_all_lines_are_named_that_bring_what_is_stored_twice() -> None:
    text = "FROM debian:13\nCOPY a /app/a\nCOPY b /app/b\nCOPY . /app\nRUN chown -R 1:1 /app\n"
    assert "from COPY in lines 2, 3 and 4 a second" in said("IMG305", text, Path())
    assert "from COPY in line 3 a second" in said(
        "IMG305", text.replace("1:1 /app", "1:1 /app/b"), Path()
    )


def test_cargo_has_its_dependencies_compiled_by_another_tool() -> None:
    text = said("IMG113", "FROM rust:1.90\nCOPY . /a\nWORKDIR /a\nRUN cargo build\n", Path())
    assert "`cargo chef prepare`" in text
    assert "First copy" not in text


def test_projects_that_are_referred_to_come_along(tmp_path: Path) -> None:
    files = {"a.csproj": '<ProjectReference Include="../b/b.csproj" />', "a.cs": ""}
    assert "*.csproj and those of the projects that they refer to, each in its folder, first" in (
        said("IMG101", DOTNET, tmp_path, files)
    )


def test_runs_are_named_that_write_where_ownership_changes() -> None:
    text = "FROM php:8-fpm\nCOPY a /srv/a/\nRUN {}\nRUN chown -R 1:1 /srv/a\n"
    assert "and run chown in the RUNs that write there" in said(
        "IMG305", text.format("make -C /srv/a"), Path()
    )
    aside = text.format('mv "$INI/a" "$INI/b"').replace(
        "FROM php:8-fpm", "FROM php:8-fpm\nWORKDIR /x"
    )
    assert said("IMG305", aside, Path()).endswith("Use COPY --chown there.")


@pytest.mark.parametrize(
    ("version", "advice"),
    [("9", "`npm prune --production` in one RUN"), ("24", "`npm prune --omit=dev` in one RUN")],
)
def test_a_flag_is_one_that_the_release_knows(version: str, advice: str) -> None:
    text = f"FROM node:{version}\nRUN npm install && npm run build\nCMD node a.js\n"
    assert advice in said("IMG206", text, Path())


@pytest.mark.parametrize(
    ("user", "place"),
    [
        ("", "target=/usr/local/share/.cache/yarn."),
        ("USER node\n", "target=/home/node/.cache/yarn, with uid= of node."),
    ],
)
def test_yarn_keeps_its_cache_in_the_home_of_others_than_root(user: str, place: str) -> None:
    text = f"FROM node:24\n{user}COPY package.json yarn.lock ./\nRUN yarn install\n"
    assert place in said("IMG102", text, Path())


def test_no_user_of_other_images_is_taken_for_one_of_jupyter() -> None:
    text = "FROM jupyter/jupyterhub-onbuild\nRUN pip3 install psycopg2\n"
    assert "/home/jovyan" not in said("IMG102", text, Path())


def test_the_folder_itself_is_named_where_copy_leaves_it_as_it_is() -> None:
    text = "FROM node:24\nWORKDIR /srv/a\nCOPY a.d /srv/a/x/\nCOPY . .\nRUN chown -R node /srv/a\n"
    assert said("IMG305", text, Path()).endswith("and chown the folder itself without -R.")


@pytest.mark.parametrize(
    ("base", "place"),
    [
        ("composer:2", "=/tmp/cache."),
        ("php:8.4-cli", "=/root/.composer/cache."),
        ("a/b:1", "names."),
    ],
)
def test_composer_keeps_its_cache_where_the_image_says(base: str, place: str) -> None:
    text = f"FROM {base}\nCOPY composer.json composer.lock ./\nRUN composer install\n"
    assert said("IMG102", text, Path()).endswith(place)


def test_a_jre_is_enough_to_run_java() -> None:
    text = 'FROM debian:13\nRUN apt-get install -y openjdk-21-jdk-headless\nCMD ["java", "a"]\n'
    assert "openjdk-21-jre-headless is enough" in said("IMG201", text, Path())


def test_a_symbolic_mode_needs_a_new_syntax() -> None:
    text = "FROM debian:13\nCOPY a /srv/a/\nRUN chmod -R go=u /srv/a\n"
    assert "--chmod=go=u (Dockerfile syntax 1.14) there" in said("IMG305", text, Path())
