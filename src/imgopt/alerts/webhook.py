"""A JSON body, signed, posted to a webhook; tried again where that may help."""

from __future__ import annotations

import hashlib
import hmac
import time
import uuid
from collections.abc import Callable

from imgopt.alerts.http import TIMEOUT_S, Answer, ask, checked
from imgopt.errors import AlertError

SIGNATURE, DELIVERY = "X-Imgopt-Signature-256", "X-Imgopt-Delivery"
ATTEMPTS = 4
_FIRST_WAIT_S, _LONGEST_WAIT_S = 1.0, 30.0


class Webhook:
    """Where alerts go. ConfigError for what is no http or https URL with a host.

    The URL is a secret as the signing one is: `shown` names its host alone.
    """

    def __init__(self, url: str, secret: str = "") -> None:
        self.shown = checked(url, "the alert's URL")
        self._url = url.partition("#")[0]
        self._secret = secret

    def __repr__(self) -> str:
        return f"Webhook({self.shown})"

    def post(
        self,
        body: bytes,
        timeout_s: float = TIMEOUT_S,
        wait: Callable[[float], None] = time.sleep,
    ) -> int:
        """Deliver a body; returns how many attempts it took.

        Faults that pass are tried again, after longer and longer waits or what the server asks
        for. AlertError when it is not delivered. Redirects are not followed.
        """
        headers = self._headers(body)
        pause, answer, attempt = _FIRST_WAIT_S, Answer(), 0
        while attempt < ATTEMPTS:
            attempt += 1
            answer = ask("POST", self._url, headers, body, timeout_s)
            if answer.is_good:
                return attempt
            if not answer.may_pass:
                break
            if attempt < ATTEMPTS:
                wait(min(answer.retry_after_s or pause, _LONGEST_WAIT_S))
            pause *= 2
        tries = "" if attempt == 1 else f" ({attempt} attempts)"
        raise AlertError(f"the alert was not delivered to {self.shown}: {answer.said}{tries}")

    def _headers(self, body: bytes) -> dict[str, str]:
        """The signature is the hex HMAC-SHA256 of the body; the delivery's id is the same for every
        attempt."""
        found = {
            "Content-Type": "application/json; charset=utf-8",
            DELIVERY: str(uuid.uuid4()),
        }
        if self._secret:
            digest = hmac.new(self._secret.encode(), body, hashlib.sha256).hexdigest()
            found[SIGNATURE] = f"sha256={digest}"
        return found
