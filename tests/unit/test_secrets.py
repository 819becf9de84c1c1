from __future__ import annotations

import pytest

from imgopt.masking import is_secret_name, redacted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("ADD https://me:hunter2@example.com/x /x", "ADD https://***@example.com/x /x"),
        ("RUN curl --token abc x", "RUN curl --token *** x"),
        ("RUN API_KEY=abc make", "RUN API_KEY=*** make"),
        ("RUN DB_PASSWORD='a b' make", "RUN DB_PASSWORD=*** make"),
        ("RUN TOKEN=$TOKEN make", "RUN TOKEN=$TOKEN make"),
        ("RUN curl -H 'Authorization: Bearer abc' x", "RUN curl -H 'Authorization: Bearer ***' x"),
        ("RUN echo s3cr3t-value", "RUN echo ***"),
        ("RUN npm ci --prefix=x", "RUN npm ci --prefix=x"),
        ("COPY a=b /c", "COPY a=b /c"),
    ],
)
def test_redacted(text: str, wanted: str) -> None:
    assert redacted(text, ["s3cr3t-value", "ab"]) == wanted


def test_names() -> None:
    assert is_secret_name("github_token")
    assert not is_secret_name("PUBLIC_KEY_FILE")
