"""Which Docker engine there is to speak to, and the connection to it, through the Docker SDK.

The choice is that of the `docker` command line, which builds go through: DOCKER_HOST, else
DOCKER_CONTEXT, else the current context, else the default socket.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

import imgopt
from imgopt.docker import contexts
from imgopt.docker.ssh import Bridge
from imgopt.errors import EngineError, ImageError
from imgopt.masking import redacted

if TYPE_CHECKING:  # the SDK takes 0.2 s to import, and lint does without it
    from docker import APIClient
    from docker.tls import TLSConfig

CONNECT_S = 20
ANSWER_S = 120  # from one byte of an answer to the next
_DEFAULT = "unix:///var/run/docker.sock"
# What a connection depends on beside its endpoint.
_VARIABLES = ("DOCKER_TLS", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "DOCKER_API_VERSION")


class Endpoint(msgspec.Struct, frozen=True):
    """Where an engine is, what chose it, and the docker context that it is of, if any."""

    host: str
    chosen_by: str
    context: str = ""


def endpoint() -> Endpoint:
    """The engine that the `docker` command line would speak to.

    EngineError for a context that docker does not know or that is damaged.
    """
    if host := os.environ.get("DOCKER_HOST"):
        return Endpoint(host, "from DOCKER_HOST")
    name = contexts.current()
    if not name:
        return Endpoint(_DEFAULT, "the default")
    by = ", from DOCKER_CONTEXT" if os.environ.get("DOCKER_CONTEXT") else ""
    return Endpoint(contexts.find(name).host or _DEFAULT, f"docker context {name}{by}", name)


def connect() -> APIClient:
    """A client of the engine, made once for each endpoint; EngineError when none answers."""
    settings = tuple(os.environ.get(name, "") for name in _VARIABLES)
    return _client(endpoint(), settings)


@contextmanager
def asking(what: str, image: str = "") -> Iterator[APIClient]:
    """A client for a call; `what` the call does is named where it fails.

    Raises EngineError, and ImageError when the engine has no such image.
    """
    client = connect()
    from docker.errors import APIError, DockerException
    from requests import RequestException
    from urllib3.exceptions import HTTPError

    try:
        yield client
    except APIError as error:
        said = str(error.explanation or error)
        missing = error.status_code == 404 or "invalid reference" in said
        if image and missing:
            raise ImageError(f"no image {image!r} in the engine; build or pull it first") from error
        raise EngineError(f"the engine cannot {what}: {said}") from error
    except (DockerException, RequestException, HTTPError) as error:
        raise EngineError(f"the engine did not {what}: {_reason(error)}") from error


@lru_cache(maxsize=8)
def _client(found: Endpoint, _settings: tuple[str, ...]) -> APIClient:
    from docker import APIClient
    from docker.constants import MINIMUM_DOCKER_API_VERSION
    from docker.errors import DockerException
    from requests.utils import get_environ_proxies

    bridge = Bridge(found.host) if found.host.startswith("ssh://") else None

    def client(version: str, timeout_s: int) -> APIClient:
        made = APIClient(
            base_url=bridge.url if bridge else found.host,
            version=version,
            timeout=timeout_s,
            tls=_tls(found) or False,
        )
        # REQUESTS_CA_BUNDLE would take the place of the engine's own certificate authority.
        made.trust_env = False
        if made.base_url.startswith(("http://", "https://")):
            made.proxies = get_environ_proxies(made.base_url)
        return made

    try:
        version = os.environ.get("DOCKER_API_VERSION", "")
        said = client(version or MINIMUM_DOCKER_API_VERSION, CONNECT_S).version(api_version=False)
        return client(version or str(said["ApiVersion"]), ANSWER_S)
    except (DockerException, OSError, ValueError, LookupError, TypeError) as error:
        reason = (bridge and bridge.complaint()) or _reason(error)
        raise EngineError(_no_answer(found, reason)) from error


def _tls(found: Endpoint) -> TLSConfig | None:
    """The certificates of a context, or those that the variables name, as `docker` reads them."""
    if found.context:
        return contexts.find(found.context).tls
    verify = bool(os.environ.get("DOCKER_TLS_VERIFY"))
    if not (verify or os.environ.get("DOCKER_TLS")) or found.host.startswith("unix:"):
        return None
    from docker.tls import TLSConfig

    folder = Path(os.environ.get("DOCKER_CERT_PATH") or contexts.folder())
    certificate, key = folder / "cert.pem", folder / "key.pem"
    authority = folder / "ca.pem"
    if verify and not authority.is_file():
        raise EngineError(f"DOCKER_TLS_VERIFY is set, but there is no {authority}")
    pair = (str(certificate), str(key)) if certificate.exists() and key.exists() else None
    return TLSConfig(client_cert=pair, ca_cert=str(authority), verify=verify)


def _no_answer(found: Endpoint, reason: str) -> str:
    hint = "start Docker, or choose another engine with DOCKER_HOST or `docker context use`"
    checkout = Path(imgopt.__file__).parents[2]
    if (checkout / "tools" / "engine" / "__main__.py").is_file():
        hint += ", or bring up a private one with `python3 tools/engine up`"
    return (
        f"no Docker engine answers at {redacted(found.host)} ({found.chosen_by}): {reason}; {hint}"
    )


def _reason(error: BaseException) -> str:
    """What the system said at the bottom of the SDK's wrappings."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, TimeoutError):
            return "no answer in time"
        if isinstance(found, OSError) and found.strerror:
            return found.strerror
        found = found.__cause__ or found.__context__
    return " ".join(redacted(str(error)).split())[:500]
