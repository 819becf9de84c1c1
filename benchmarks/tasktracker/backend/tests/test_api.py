from alembic import command
from alembic.config import Config
from fastapi.testclient import TestClient
from sqlalchemy import inspect

from app.db import engine


def test_health(client: TestClient) -> None:
    assert client.get("/health").json()["status"] == "ok"


def test_tasks_are_stored_listed_and_done(client: TestClient) -> None:
    made = client.post("/tasks", json={"title": "write the report"})
    assert made.status_code == 201
    task_id = made.json()["id"]
    assert client.patch(f"/tasks/{task_id}", json={"done": True}).json()["done"] is True
    assert [task["id"] for task in client.get("/tasks").json()] == [task_id]


def test_unknown_task_and_empty_title(client: TestClient) -> None:
    assert client.patch("/tasks/99", json={"done": True}).status_code == 404
    assert client.post("/tasks", json={"title": ""}).status_code == 422


def test_listeners_hear_of_new_tasks(client: TestClient) -> None:
    with client.websocket_connect("/ws") as socket:
        client.post("/tasks", json={"title": "hello"})
        assert socket.receive_json()["title"] == "hello"


def test_webhook_wants_its_secret(client: TestClient) -> None:
    update = {"message": {"text": "buy milk\nthe good one"}}
    assert client.post("/telegram/webhook", json=update).status_code == 403
    headers = {"X-Telegram-Bot-Api-Secret-Token": "let-me-in"}
    assert client.post("/telegram/webhook", json=update, headers=headers).json()["stored"] is True
    task = client.get("/tasks").json()[0]
    assert (task["title"], task["source"]) == ("buy milk", "telegram")


def test_migrations_go_down_again(client: TestClient) -> None:
    assert inspect(engine()).has_table("tasks")
    command.downgrade(Config("alembic.ini"), "base")
    assert not inspect(engine()).has_table("tasks")
