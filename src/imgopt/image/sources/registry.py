"""An image out of a registry, layer by layer, with the credentials that Docker has for it.

Sources: OCI distribution-spec (Pulling manifests, Pulling blobs), Docker's token authentication.
"""

from __future__ import annotations

import ipaddress
import re
from base64 import b64encode
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import msgspec

from imgopt.errors import ImageError
from imgopt.image import manifests
from imgopt.image.manifests import MAX_DOCUMENT_BYTES, Descriptor
from imgopt.image.model import ReadImage
from imgopt.image.sources.blobs import BlobReader
from imgopt.image.streams import CHUNK_BYTES

SCHEME = "registry://"
_TIMEOUT_S = (10, 60)
_ACCEPT = ", ".join(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)
_MAX_CHALLENGE = 4096
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')
_NAME = re.compile(r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*")
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_HUB, _HUB_API = "docker.io", "registry-1.docker.io"


class Reference(msgspec.Struct, frozen=True):
    """An image in a registry: host (with port), repository, and a tag or digest."""

    host: str
    repository: str
    tag: str

    @property
    def base(self) -> str:
        """The URL of the repository's API: plain HTTP on this machine alone, as Docker has it."""
        host = _HUB_API if self.host == _HUB else self.host
        return f"{'http' if _is_local(host) else 'https'}://{host}/v2/{self.repository}"


def reference(text: str) -> Reference:
    """Read `registry://host/name[:tag][@digest]`; ImageError for what is none."""
    host, slash, rest = text.removeprefix(SCHEME).partition("/")
    name, at, digest = rest.partition("@")
    folder, sep, last = name.rpartition("/")
    last, _, tag = last.partition(":")
    repository = f"{folder}{sep}{last}"
    if host == _HUB and "/" not in repository:
        repository = f"library/{repository}"
    wanted = digest if at else tag or "latest"
    is_valid = _DIGEST.fullmatch(wanted) if at else _TAG.fullmatch(wanted)
    if not (slash and host and "@" not in host and is_valid and _NAME.fullmatch(repository)):
        raise ImageError(
            f"{text} names no image of a registry; write registry://HOST/NAME:TAG, "
            "such as registry://localhost:5000/backend:latest"
        )
    return Reference(host, repository, wanted)


def read(text: str, platform: str, blobs: BlobReader) -> ReadImage:
    """The image that a reference names; ImageError when it cannot be had."""
    client = _Client(reference(text), text)
    try:
        document, digest = client.manifest()
        manifest = manifests.resolve(document, digest, text, platform, client.document)
        return blobs.image(text, manifest, client.document, client.blob)
    finally:
        client.close()


class _Client:
    """One repository over HTTP; what it is refused is asked for again with a token."""

    def __init__(self, wanted: Reference, name: str) -> None:
        import requests

        self._wanted = wanted
        self._name = name
        self._session = requests.Session()
        self._session.trust_env = True
        self._header = ""

    def close(self) -> None:
        self._session.close()

    def manifest(self) -> tuple[dict[str, Any], str]:
        """The document that the tag or digest names, and its digest."""
        with self._get(f"manifests/{self._wanted.tag}", _ACCEPT) as response:
            data = self._bounded(response)
            digest = response.headers.get("Docker-Content-Digest", "")
        return manifests.parse(data, self._name), digest

    def document(self, wanted: Descriptor) -> bytes | None:
        """A manifest or configuration by its digest."""
        kind = (
            "manifests"
            if "manifest" in wanted.media_type or "index" in wanted.media_type
            else ("blobs")
        )
        with self._get(f"{kind}/{wanted.digest}", _ACCEPT if kind == "manifests" else "") as found:
            return self._bounded(found)

    def blob(self, wanted: Descriptor) -> Iterator[bytes]:
        """A layer in chunks."""
        import requests

        with self._get(f"blobs/{wanted.digest}", "") as response:
            try:
                yield from response.iter_content(CHUNK_BYTES)
            except requests.RequestException as error:
                raise ImageError(f"{self._name}: the registry broke off: {error}") from error

    def _get(self, path: str, accept: str) -> Any:
        response = self._ask(path, accept)
        if response.status_code == 401:
            challenge = response.headers.get("WWW-Authenticate", "")[:_MAX_CHALLENGE]
            response.close()
            self._header = self._authorization(challenge)
            response = self._ask(path, accept)
        if response.status_code != 200:
            response.close()
            raise ImageError(f"{self._name}: {_why(response.status_code, self._wanted)}")
        return response

    def _ask(self, path: str, accept: str) -> Any:
        import requests

        headers = {"Accept": accept} if accept else {}
        if self._header:
            headers["Authorization"] = self._header
        url = f"{self._wanted.base}/{path}"
        # No encoding: a layer's own compression is its content.
        headers["Accept-Encoding"] = "identity"
        try:
            return self._session.get(url, headers=headers, stream=True, timeout=_TIMEOUT_S)
        except requests.RequestException as error:
            raise ImageError(
                f"{self._name}: the registry {self._wanted.host} cannot be reached: "
                f"{type(error).__name__}"
            ) from error

    def _authorization(self, challenge: str) -> str:
        """What the registry wants in the header: basic credentials, or a token for them."""
        import requests

        user, password = _credentials(self._wanted.host)
        scheme = challenge.partition(" ")[0].lower()
        if scheme == "basic" and user:
            return "Basic " + b64encode(f"{user}:{password}".encode()).decode()
        fields = dict(_CHALLENGE.findall(challenge))
        realm = urlsplit(fields.get("realm", ""))
        if scheme != "bearer" or not realm.hostname:
            raise ImageError(f"{self._name}: {_why(401, self._wanted)}")
        if realm.scheme != "https" and not _is_local(realm.netloc):
            raise ImageError(f"{self._name}: the registry wants credentials over {realm.scheme}")
        query = {"service": fields.get("service", ""),
                 "scope": f"repository:{self._wanted.repository}:pull"}  # fmt: skip
        try:
            with self._session.get(
                fields["realm"], params=query, auth=(user, password) if user else None,
                timeout=_TIMEOUT_S, stream=True,
            ) as answer:  # fmt: skip
                data = manifests.parse(self._bounded(answer), f"{self._name}: the token")
        except requests.RequestException as error:
            raise ImageError(f"{self._name}: no token from {realm.hostname}") from error
        token = data.get("token") or data.get("access_token")
        if not isinstance(token, str):
            raise ImageError(f"{self._name}: {_why(401, self._wanted)}")
        return f"Bearer {token}"

    def _bounded(self, response: Any) -> bytes:
        found = b""
        for chunk in response.iter_content(CHUNK_BYTES):
            found += chunk
            if len(found) > MAX_DOCUMENT_BYTES:
                raise ImageError(
                    f"{self._name}: a document of more than {MAX_DOCUMENT_BYTES} bytes"
                )
        return found


def _credentials(host: str) -> tuple[str, str]:
    """User and password that `docker login` keeps for a registry, helpers included; else empty."""
    from docker import auth
    from docker.errors import DockerException

    try:
        found = auth.load_config().resolve_authconfig(None if host == _HUB else host) or {}
    except (DockerException, OSError, ValueError):
        return "", ""
    return str(found.get("username") or ""), str(found.get("password") or "")


def _is_local(host: str) -> bool:
    name = urlsplit(f"//{host}").hostname or ""
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _why(status: int, wanted: Reference) -> str:
    if status in (401, 403):
        return f"the registry refuses access; run docker login {wanted.host}"
    if status == 404:
        return f"the registry has no {wanted.repository}:{wanted.tag}"
    return f"the registry answers with status {status}"
