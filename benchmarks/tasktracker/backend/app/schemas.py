"""What goes over the wire."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field


class TaskIn(BaseModel):
    title: str = Field(min_length=1, max_length=200)
    body: str = ""


class TaskChange(BaseModel):
    done: bool


class TaskOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    title: str
    body: str
    done: bool
    source: str
    words: int | None
    created_at: datetime
