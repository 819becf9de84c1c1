"""The Telegram webhook: a message to the bot becomes a task."""

import hmac
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, HTTPException
from sqlalchemy.orm import Session

from app.config import settings
from app.db import session
from app.models import Task

router = APIRouter(prefix="/telegram")


@router.post("/webhook")
def webhook(
    update: dict[str, Any],
    db: Annotated[Session, Depends(session)],
    x_telegram_bot_api_secret_token: Annotated[str, Header()] = "",
) -> dict[str, object]:
    secret = settings().telegram_secret
    given = x_telegram_bot_api_secret_token.encode()
    if not secret or not hmac.compare_digest(given, secret.encode()):
        raise HTTPException(status_code=403, detail="wrong secret token")
    message = update.get("message")
    text = message.get("text") if isinstance(message, dict) else None
    if not isinstance(text, str) or not text.strip():
        return {"stored": False}
    title, _, body = text.strip().partition("\n")
    task = Task(title=title[:200], body=body, source="telegram")
    db.add(task)
    db.commit()
    return {"stored": True, "id": task.id}
