"""Events as the log has them: JSON that msgspec decodes straight into what fastavro writes.

No object of the domain is built on the way. Records are dicts, lists are lists, ids stay text; a field that an
old event lacks is left out, and fastavro writes the default that the schema has for it.
"""

from __future__ import annotations

from dataclasses import MISSING, fields
from functools import cache
from typing import Any, NotRequired, TypedDict
from uuid import UUID

import msgspec

from domain.kernel import Event
from domain.sealed import Sealed
from infra.avro.schema import Json, Schema, hints_of, is_record, item, optional
from infra.learnt import learnt

OMITTED = {"remark": ""}  # what the log leaves out of a Sealed, though the schema has no default for it

# Types that are made while the program runs are beyond mypy.
_dict_of: Any = TypedDict
_list_of: Any = list


def decoder(event: type[Event]) -> msgspec.json.Decoder[dict[str, Any]]:
    """From the body of a stored event to the dict that fastavro writes."""
    return msgspec.json.Decoder(learnt(_shape(event)))


def writable(schema: Schema) -> Schema:
    """The schema to write stored events with: the same bytes, and a default for all that the log leaves out."""
    filled = _filled(schema)
    assert isinstance(filled, dict)
    return filled


@cache
def _shape(kind: type) -> Any:
    may_lack = OMITTED if kind is Sealed else {field.name for field in fields(kind) if _has_default(field)}
    return _dict_of(
        kind.__name__,
        {
            name: NotRequired[_told(hint)] if name in may_lack else _told(hint)
            for name, hint in hints_of(kind).items()
        },
    )


def _told(hint: Any) -> Any:
    """What msgspec decodes a field of this type into."""
    if (inner := optional(hint)) is not None:
        return _told(inner) | None
    if (inner := item(hint)) is not None:
        return _list_of[_told(inner)]
    if is_record(hint):
        return _shape(hint)
    return str if hint is UUID else hint


def _has_default(field: Any) -> bool:
    return field.default is not MISSING or field.default_factory is not MISSING


def _filled(part: Json) -> Json:
    if isinstance(part, list):
        return [_filled(one) for one in part]
    if not isinstance(part, dict):
        return part
    filled = {name: _filled(one) for name, one in part.items()}
    if (name := part.get("name")) in OMITTED and "type" in part:
        filled.setdefault("default", OMITTED[str(name)])
    return filled
