"""The TaskIQ broker on NATS and the work that it carries."""

from sqlalchemy.orm import Session
from taskiq_nats import NatsBroker

from app.config import settings
from app.db import engine
from app.models import Task

broker = NatsBroker(settings().nats_url, queue="tasktracker")


@broker.task
def count_words(task_id: int) -> int | None:
    """Count the words of a task's title and body and store the number."""
    with Session(engine()) as session:
        task = session.get(Task, task_id)
        if task is None:
            return None
        task.words = len(f"{task.title} {task.body}".split())
        session.commit()
        return task.words
