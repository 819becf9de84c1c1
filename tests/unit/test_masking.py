from __future__ import annotations

import pytest

from imgopt.masking import is_secret_name, redacted, secret_values


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


SECRET = (
    "MYPASS DB_PASS PASS PASSWORD dbPassword MYSQL_PWD SA_PWD MYPWD API_KEY APIKEY api_key"
    " deployKey SSH_KEY SIGNING_KEY SECRET_KEY_BASE AWS_SECRET_ACCESS_KEY STRIPE_KEY GITHUB_PAT"
    " GH_TOKEN TOKEN MYTOKEN CLIENT_SECRET PASSWORD_PROD API_KEY_2 TOKEN2 NPM_AUTH CREDENTIALS"
    " AWS_CREDS PRIVATE_KEY FILE_ENCRYPTION_KEY github_token"
).split()
OPEN = (
    "PATH PYTHONPATH LD_LIBRARY_PATH PUBLIC_KEY PUBLIC_KEY_FILE NEXT_PUBLIC_API_KEY PASSWORD_FILE"
    " KEY_PATH SSH_KEY_PATH TOKEN_URL BYPASS COMPASS PWD OLDPWD HOST_PWD CACHE_KEY PRIMARY_KEY"
    " GPG_KEY GPG_KEYS KEY MONKEY KEYBOARD TOKENIZERS_PARALLELISM SECRETARY MAX_TOKENS EOS_TOKEN"
    " MYSQL_ALLOW_EMPTY_PASSWORD PASSENGER_APP_ENV PASSTHROUGH AUTHOR AUTH_MODE USE_AUTH PATCH"
    " DISPATCH AWS_ACCESS_KEY_ID TOKEN_TTL SECRET_NAME PASSWORD_LENGTH SSH_AUTH_SOCK SINGLE_PASS"
).split()


@pytest.mark.parametrize("name", SECRET)
def test_names_of_secrets(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize("name", OPEN)
def test_names_of_what_all_may_see(name: str) -> None:
    assert not is_secret_name(name)


def test_values_of_secrets() -> None:
    variables = {"MYPASS": "one two", "PATH": "/bin", "DB": "postgres://me:hunter22@db/x", "A": "b"}
    assert secret_values(variables) == ("one two", "hunter22")


@pytest.mark.parametrize(
    "text",
    [
        'echo pa"ss/1+2 word',
        'process "/bin/sh -c echo pa\\"ss/1+2 word" did not complete',
        "https://index/?auth=pa%22ss%2F1%2B2%20word",
    ],
)
def test_a_value_is_found_as_it_may_be_written(text: str) -> None:
    assert "ss" not in redacted(text, ['pa"ss/1+2 word']).replace("process", "").replace("pass", "")


def test_a_value_of_several_lines_is_found_line_by_line() -> None:
    value = "-----BEGIN-----\nAbCdEfGh1234\n=\n-----END-----"
    text = f"   1 | AbCdEfGh1234\n{value}\n"
    assert redacted(text, [value]) == "   1 | ***\n***\n"


def test_the_longest_value_is_masked_first() -> None:
    assert redacted("a token1234 b", ["token", "token1234"]) == "a *** b"
