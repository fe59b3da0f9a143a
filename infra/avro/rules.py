"""What a schema may hold, and how it may change.

Subscribers upgrade when they like, and replays start at the first record: so every version must read every
other one, both ways. Fields that have a default may come and go; nothing else may change. Registries and
Avro's own checker compare physical types only, and let a timestamp turn into a date or a unit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import is_dataclass

from domain.kernel import Event
from domain.sealed import Sealed
from infra.avro.schema import Json, Schema, hints_of, item, optional

PERSONAL = {
    *("vin", "plate", "email", "phone", "mobile", "iban", "address", "street", "postcode", "surname"),
    *("firstname", "lastname", "fullname", "birthday", "birthdate", "passport", "latitude", "longitude"),
}
CONFIDENTIAL = {"margin", "commission", "cost", "transfer_price"}


def refusals(event: type[Event]) -> list[str]:
    """What in an event class must not leave the house: personal data in clear, confidential amounts
    outside the settlements."""
    return [
        f"{event.__name__}.{path} {why}"
        for path, name, hint in _leaves(event)
        if (why := _refused(event, name, hint))
    ]


def breaks(old: Schema, new: Schema) -> list[str]:
    """How a record's new schema breaks those who know the old one, each as `field so-and-so …`."""
    return list(_record(_fields(old), _fields(new), "", (_named(old), _named(new))))


def _refused(event: type[Event], name: str, hint: object) -> str:
    words = {name, name.replace("_", ""), *name.split("_")}
    if hint is not Sealed and words & PERSONAL and hint is str:
        return "looks like personal data in clear: seal it."
    if event.family != "settlements" and (words & CONFIDENTIAL):
        return "looks like a confidential amount: those stand on settlement streams only."
    return ""


def _leaves(kind: type, path: str = "") -> Iterator[tuple[str, str, object]]:
    for name, hint in hints_of(kind).items():
        inner = optional(hint) or hint
        inner = item(inner) or inner
        yield f"{path}{name}", name, inner
        if isinstance(inner, type) and is_dataclass(inner):
            yield from _leaves(inner, f"{path}{name}.")


Names = dict[str, Schema]


def _record(old: Names, new: Names, path: str, named: tuple[Names, Names]) -> Iterator[str]:
    for name in old.keys() - new.keys():
        if "default" not in old[name]:
            yield f"field {path}{name} is gone, and had no default"
    for name in new.keys() - old.keys():
        if "default" not in new[name]:
            yield f"field {path}{name} is new, and has no default"
    for name in old.keys() & new.keys():
        yield from _type(old[name]["type"], new[name]["type"], f"{path}{name}", named)


def _type(old: Json, new: Json, path: str, named: tuple[Names, Names]) -> Iterator[str]:
    old, new = _resolved(old, named[0]), _resolved(new, named[1])
    if isinstance(old, list) and isinstance(new, list):
        before, after = (
            _branches(branches, names) for branches, names in zip((old, new), named, strict=True)
        )
        if before.keys() == after.keys():
            for branch, kind in before.items():
                yield from _type(kind, after[branch], path, named)
            return
    elif isinstance(old, dict) and isinstance(new, dict) and _label(old) == _label(new):
        if old["type"] == "array":
            yield from _type(old["items"], new["items"], f"{path}[]", named)
        elif old["type"] == "record":
            yield from _record(_fields(old), _fields(new), f"{path}.", named)
        return
    if _label(old) != _label(new):
        yield f"field {path} was {_label(old)} and is {_label(new)}"


def _label(kind: Json) -> str:
    """A type in a word or two, logical type and record name included."""
    if isinstance(kind, list):
        return " or ".join(sorted(map(_label, kind)))
    if not isinstance(kind, dict):
        return str(kind)
    if kind["type"] == "record":
        return f"{kind['namespace']}.{kind['name']}"
    if kind["type"] == "array":
        return "array"
    return f"{kind['type']} ({kind['logicalType']})" if "logicalType" in kind else str(kind["type"])


def _branches(union: list[Json], names: Names) -> dict[str, Json]:
    return {_label(_resolved(branch, names)): branch for branch in union}


def _resolved(kind: Json, names: Names) -> Json:
    return names.get(kind, kind) if isinstance(kind, str) else kind


def _fields(record: Schema) -> Names:
    listed = record["fields"]
    assert isinstance(listed, list)
    return {str(field["name"]): field for field in listed if isinstance(field, dict)}


def _named(schema: Json) -> Names:
    """Every record inside a schema, by its full name."""
    found: Names = {}
    if isinstance(schema, list):
        for part in schema:
            found |= _named(part)
    elif isinstance(schema, dict):
        if schema.get("type") == "record":
            found[_label(schema)] = schema
        for part in schema.values():
            found |= _named(part)
    return found
