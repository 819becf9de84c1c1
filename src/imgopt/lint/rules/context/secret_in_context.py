"""IMG403: a file that holds a secret is sent, and a COPY takes it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from imgopt.context.build_context import BuildContext
from imgopt.facts.file import FileFacts
from imgopt.lint.finding import Finding
from imgopt.lint.fixes.ignore_lines import ignore_fix
from imgopt.lint.rule import Rule
from imgopt.masking import is_secret_name, is_secret_value

_SAMPLE = re.compile(r"example|sample|template|dist|default|\.(md|py|js|ts|go|rs|rb|java)$|test")
_ENV = re.compile(r"\.env(\..+)?|.+\.env")
_KEY = re.compile(r".+\.(pem|key)|id_(rsa|dsa|ecdsa|ed25519)")
_ASSIGNMENT = re.compile(r"^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=[ \t]*(.*?)[ \t]*$", re.MULTILINE)
_TOKEN = re.compile(r":_(?:authToken|password|auth)\s*=\s*[^\s$][^\s]*")
_LIMIT = 100_000


class SecretInContext(Rule):
    id = "IMG403"
    name = "secret-in-context"
    category = "context"
    severity = "error"
    summary = "A file that holds a secret is copied into an image"
    fixable = "unsafe"

    def check_file(self, facts: FileFacts) -> Iterator[Finding]:
        context = facts.context
        if context is None:
            return
        seen: set[str] = set()
        for stage, step, source in facts.context_sources():
            found = [
                path
                for path in context.sent_by(source)
                if path not in seen and _holds_secret(path, context)
            ]
            seen.update(found)
            if found:
                message = (
                    f"{step.instruction.keyword} {source} takes {', '.join(found[:4])}, which "
                    f"holds a secret: everyone who has the image or the cache can read it. List "
                    f"it in .dockerignore; a build gets secrets by RUN --mount=type=secret."
                )
                mend = ignore_fix(context, found)
                yield self.finding(facts, step.instruction.span, message, stage.label, mend)


def _holds_secret(path: str, context: BuildContext) -> bool:
    name = path.rpartition("/")[2]
    if _SAMPLE.search(name.lower()) or re.search(r"node_modules/|test|example", path.lower()):
        return False
    if _ENV.fullmatch(name):
        return any(
            is_secret_value(value) or (is_secret_name(key) and _is_real(value))
            for key, value in _ASSIGNMENT.findall(_text(path, context))
        )
    if _KEY.fullmatch(name):
        return "PRIVATE KEY-----" in _text(path, context)
    if name == ".npmrc":
        return bool(_TOKEN.search(_text(path, context)))
    if name in (".netrc", "_netrc"):
        return bool(re.search(r"\bpassword\s+\S", _text(path, context)))
    if name == ".pypirc":
        return bool(re.search(r"^\s*password\s*[=:]\s*\S", _text(path, context), re.MULTILINE))
    if path.endswith(".aws/credentials"):
        return "aws_secret_access_key" in _text(path, context)
    if path.endswith(".docker/config.json"):
        return '"auth"' in _text(path, context)
    if name in ("credentials.json", "service-account.json", "serviceAccount.json"):
        return '"private_key"' in _text(path, context)
    return False


def _text(path: str, context: BuildContext) -> str:
    return context.read_text(path, _LIMIT) or ""


def _is_real(value: str) -> bool:
    """Whether a value is more than a placeholder."""
    text = value.strip("\"'").lower()
    if len(text) < 4 or text.startswith(("$", "<", "your", "/")) or "xxx" in text:
        return False
    return not re.search(r"change.?me|example|placeholder|dummy|secret_here|todo|replace", text)
