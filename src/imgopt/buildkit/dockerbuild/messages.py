"""The protobuf messages of build records, as far as they are read.

Sources: BuildKit's api/services/control/control.proto (StatusResponse), google/rpc/status.proto.
Text is declared as bytes, since what a build prints need not be UTF-8.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_PACKAGE = "imgopt"
_KINDS = {
    "bytes": descriptor_pb2.FieldDescriptorProto.TYPE_BYTES,
    "int": descriptor_pb2.FieldDescriptorProto.TYPE_INT64,
    "bool": descriptor_pb2.FieldDescriptorProto.TYPE_BOOL,
}
# Message → its fields in the order of their numbers: name and kind; a kind of this table is a
# message, and "*" stands before what is repeated.
_MESSAGES = {
    "Timestamp": "seconds:int nanos:int",
    "Vertex": "digest:bytes inputs:*bytes name:bytes cached:bool started:Timestamp"
    " completed:Timestamp error:bytes",
    "VertexStatus": "id:bytes vertex:bytes name:bytes current:int",
    "VertexLog": "vertex:bytes timestamp:Timestamp stream:int message:bytes",
    "StatusResponse": "vertexes:*Vertex statuses:*VertexStatus logs:*VertexLog",
    "Any": "type_url:bytes value:bytes",
    "Status": "code:int message:bytes details:*Any",
}


@cache
def message_class(name: str) -> Any:
    """The class of a message of the table, which parses with `FromString`."""
    return _classes()[f"{_PACKAGE}.{name}"]


@cache
def _classes() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(name="imgopt.proto", package=_PACKAGE)
    file.syntax = "proto3"
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for number, field in enumerate(fields.split(), 1):
            label, _, kind = field.partition(":")
            _add(message, label, number, kind)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        f"{_PACKAGE}.{name}": message_factory.GetMessageClass(
            pool.FindMessageTypeByName(f"{_PACKAGE}.{name}")
        )
        for name in _MESSAGES
    }


def _add(message: descriptor_pb2.DescriptorProto, name: str, number: int, kind: str) -> None:
    field = message.field.add(name=name, number=number)
    field.label = descriptor_pb2.FieldDescriptorProto.LABEL_OPTIONAL
    if kind.startswith("*"):
        field.label = descriptor_pb2.FieldDescriptorProto.LABEL_REPEATED
        kind = kind[1:]
    if kind in _KINDS:
        field.type = _KINDS[kind]
    else:
        field.type = descriptor_pb2.FieldDescriptorProto.TYPE_MESSAGE
        field.type_name = f".{_PACKAGE}.{kind}"
