"""`--alert URL` and [alerts]: where an alert goes, and sending it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click
import msgspec

from imgopt.alerts.alert import Alert
from imgopt.alerts.webhook import Webhook
from imgopt.cli.messages import say
from imgopt.config import Alerts
from imgopt.errors import AlertError, ConfigError
from imgopt.formats import registry

_F = TypeVar("_F", bound=Callable[..., Any])
_SECRET = "IMGOPT_ALERT_SECRET"


class Alerting(msgspec.Struct, frozen=True):
    """A webhook and the form of what it is told."""

    webhook: Webhook
    form: str

    def send(self, alert: Alert, quiet: bool = False) -> None:
        """Deliver it; what goes wrong is said, and changes no verdict."""
        body = registry.find("alert", self.form).render(alert, registry.Options())
        try:
            self.webhook.post(body.encode("utf-8", errors="replace"))
        except AlertError as error:
            say(str(error))
        else:
            if not quiet:
                say(f"alert sent to {self.webhook.shown}")


def alert_options(function: _F) -> _F:
    """`--alert` and `--alert-format`."""
    function = click.option(
        "--alert-format", type=click.Choice(registry.names("alert")),
        help="The form of the alert.  [default: [alerts] format, else json]",
    )(function)  # fmt: skip
    return click.option(
        "--alert", metavar="URL",
        help="Post an alert to this webhook; signed where IMGOPT_ALERT_SECRET is set.  [default: "
             "the URL in the environment variable that [alerts] url-env names]",
    )(function)  # fmt: skip


def alerting(
    url: str | None, form: str | None, settings: Alerts, environ: Mapping[str, str] = os.environ
) -> Alerting | None:
    """Where alerts go; None where nobody wants any, or the variable with the URL is not set, as
    on a developer's machine.

    ConfigError for a URL or form that is none, and where the secret that should sign is not set.
    """
    chosen = form or settings.format
    if chosen not in registry.names("alert"):
        known = ", ".join(registry.names("alert"))
        raise ConfigError(f"[alerts] format: {chosen[:40]!r} is not one of {known}")
    if url is None and settings.url_env:
        url = environ.get(settings.url_env, "")
    if not url and form:
        raise ConfigError("--alert-format has no effect: name a webhook with --alert URL")
    if not url:
        return None
    secret = environ.get(settings.secret_env or _SECRET, "")
    if settings.secret_env and not secret:
        raise ConfigError(
            f"[alerts] secret-env: the environment variable {settings.secret_env} is not set"
        )
    return Alerting(Webhook(url, secret), chosen)


def job_link(environ: Mapping[str, str] = os.environ) -> str:
    """The page of the CI job that runs this; empty where none does."""
    names = ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")
    server, repository, run = (environ.get(name, "") for name in names)
    link = f"{server}/{repository}/actions/runs/{run}" if run else environ.get("CI_JOB_URL", "")
    is_plain = link.isascii() and link.isprintable() and not set(link) & set(" <>|\"'")
    return link if link.startswith("https://") and is_plain and len(link) < 500 else ""
