"""An alert as an Adaptive Card, which Microsoft Teams' workflows post to a channel.

Text stands in TextRuns, which know no Markdown: nothing in it is a link or a mention. Source: the
Adaptive Cards schema 1.4.
"""

from __future__ import annotations

from typing import Any

from imgopt.alerts.alert import Alert
from imgopt.formats.escape import cut, json_text, printable
from imgopt.formats.registry import Options

_MOST_SENTENCES, _SENTENCE = 20, 400  # a message holds 28 kB


def render(alert: Alert, _options: Options) -> str:
    """The body of one message."""
    body = [_text(alert.title, bold=True)]
    body += [_text(text) for text in alert.sentences[:_MOST_SENTENCES]]
    more = len(alert.sentences) - _MOST_SENTENCES
    if more > 0:
        body.append(_text(f"and {more} more"))
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
    }
    if alert.link:
        card["actions"] = [{"type": "Action.OpenUrl", "title": "The job", "url": alert.link}]
    kind = "application/vnd.microsoft.card.adaptive"
    return json_text({"type": "message", "attachments": [{"contentType": kind, "content": card}]})


def _text(text: str, bold: bool = False) -> dict[str, Any]:
    run = {"type": "TextRun", "text": printable(cut(" ".join(text.split()), _SENTENCE))}
    weight = {"weight": "Bolder"} if bold else {}
    return {"type": "RichTextBlock", "inlines": [{**run, **weight}]}
