"""The REST and WebSocket interface."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import nats.errors
from fastapi import Depends, FastAPI, HTTPException, WebSocket
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app import telegram
from app.config import settings
from app.db import session
from app.live import Listeners
from app.models import Task
from app.schemas import TaskChange, TaskIn, TaskOut
from app.worker import broker, count_words

log = logging.getLogger(__name__)
listeners = Listeners()
Db = Annotated[Session, Depends(session)]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.queue = False
    try:
        await asyncio.wait_for(broker.startup(), timeout=2)
        app.state.queue = True
    except (TimeoutError, OSError, nats.errors.Error):
        log.warning("no NATS at %s: tasks are stored, but not counted", settings().nats_url)
    yield
    if app.state.queue:
        await broker.shutdown()


app = FastAPI(title="tasktracker", lifespan=lifespan)
app.include_router(telegram.router)


@app.get("/health")
def health(db: Db) -> dict[str, object]:
    db.execute(text("SELECT 1"))
    return {"status": "ok", "queue": app.state.queue, "version": settings().git_sha}


@app.get("/tasks")
def list_tasks(db: Db) -> list[TaskOut]:
    rows = db.scalars(select(Task).order_by(Task.id.desc()).limit(200))
    return [TaskOut.model_validate(row) for row in rows]


@app.post("/tasks", status_code=201)
async def create_task(new: TaskIn, db: Db) -> TaskOut:
    task = Task(title=new.title, body=new.body)
    db.add(task)
    db.commit()
    out = TaskOut.model_validate(task)
    if app.state.queue:
        await count_words.kiq(task.id)
    await listeners.tell(out.model_dump(mode="json"))
    return out


@app.patch("/tasks/{task_id}")
def change_task(task_id: int, change: TaskChange, db: Db) -> TaskOut:
    task = db.get(Task, task_id)
    if task is None:
        raise HTTPException(status_code=404, detail="no such task")
    task.done = change.done
    db.commit()
    return TaskOut.model_validate(task)


@app.websocket("/ws")
async def live(socket: WebSocket) -> None:
    await listeners.serve(socket)
