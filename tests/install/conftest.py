"""Fixtures of the install tests; they live in installed.py, where tests can import from."""

from __future__ import annotations

from installed import full, light, wheel

__all__ = ["full", "light", "wheel"]
