"""Settings, read from the environment once."""

from functools import lru_cache

from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    database_url: str = "sqlite:///./tasktracker.db"
    nats_url: str = "nats://localhost:4222"
    telegram_secret: str = ""
    git_sha: str = "unknown"


@lru_cache
def settings() -> Settings:
    return Settings()
