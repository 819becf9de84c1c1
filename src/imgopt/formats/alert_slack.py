"""An alert in the form of Slack's incoming webhooks, which Mattermost takes, too.

Sources: Slack's "Formatting text for app surfaces" (&, < and > are all that is to be escaped, and
what names people and channels stands between the latter), Block Kit's limits of a section.
"""

from __future__ import annotations

from imgopt.alerts.alert import Alert
from imgopt.formats.escape import cut, json_text, printable
from imgopt.formats.registry import Options

_MOST_SENTENCES, _SENTENCE = 15, 180  # a section holds 3000 characters


def render(alert: Alert, _options: Options) -> str:
    """The body of one message: nobody is mentioned, and no link in it is looked at."""
    title = _plain(cut(alert.title, _SENTENCE))
    shown = [f"• {_plain(cut(text, _SENTENCE))}" for text in alert.sentences[:_MOST_SENTENCES]]
    more = len(alert.sentences) - _MOST_SENTENCES
    if more > 0:
        shown.append(f"and {more} more")
    if alert.link:
        shown.append(f"<{_plain(alert.link)}|the job>")
    sections = [f"*{title}*", *(["\n".join(shown)] if shown else [])]
    blocks = [
        {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}
        for text in sections
    ]
    document = {"text": title, "blocks": blocks, "unfurl_links": False, "unfurl_media": False}
    return json_text(document)


def _plain(text: str) -> str:
    text = printable(" ".join(text.split()))
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
