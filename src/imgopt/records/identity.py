"""What a record says: its fields without those that are as they are by default."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec


def said(value: object) -> Any:
    """A struct as plain values, without the fields that have their defaults."""
    if isinstance(value, msgspec.Struct):
        return {
            field.encode_name: said(one)
            for field in msgspec.structs.fields(value)
            if (one := getattr(value, field.name)) != field.default
        }
    if isinstance(value, tuple):
        return [said(one) for one in value]
    return msgspec.to_builtins(value)


def identity(record: msgspec.Struct) -> str:
    """sha256 of the canonical JSON of what a record says: fields that come later change nothing
    of the identity of records that were there before."""
    return hashlib.sha256(msgspec.json.encode(said(record), order="sorted")).hexdigest()
