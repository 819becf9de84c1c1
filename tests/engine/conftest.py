"""Fixtures of the engine tests; they live in engine_fixtures.py, where tests can import from."""

from engine_fixtures import default_engine, engine, old_engine, project, unchanged

__all__ = ["default_engine", "engine", "old_engine", "project", "unchanged"]
