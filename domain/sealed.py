"""Personal data as the domain sees it: a reference to a blob in the vault, never the text itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, Literal
from uuid import UUID

Group = Literal["contract", "contact", "handover", "service", "vehicle", "staff", "parked"]


class Sealed:
    """A reference to one sealed text: its random id, whom it is about, under which purpose group, and the
    SHA-256 (hex) of the sealed blob. `remark` is what the check at the door found that may be known in clear."""

    __slots__ = ("group", "id", "remark", "sha256", "subject")

    def __init__(self, id: UUID, subject: UUID, group: Group, sha256: str, remark: str = "") -> None:  # noqa: A002 -- the stored name
        self.id = id
        self.subject = subject
        self.group = group
        self.sha256 = sha256
        self.remark = remark

    def __repr__(self) -> str:
        return f"Sealed({self.id})"

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and isinstance(other, Sealed) and self.id == other.id

    def __hash__(self) -> int:
        return hash(self.id)


class Clear(Sealed):
    """Clear text on its way to the vault. It has none of the fields of a `Sealed`, so a decider that was
    handed one by mistake fails at once, and its repr tells nothing."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return "Clear(…)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Clear) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)


@dataclass(frozen=True)
class Personal:
    """How a command's field is sealed: `subject` names the command's field that holds the subject's id;
    `check` takes the text and returns `(text to seal, remark)` or raises ValueError with what is wrong;
    `unique` makes the text unique in the vault: a second subject with the same text is refused."""

    subject: str
    group: Group
    check: Callable[[str], tuple[str, str]] | None = None
    unique: bool = False


# Declared to return Any as dataclasses.field is: the type stands in the annotation of the field.
def personal(
    *,
    subject: str,
    group: Group,
    check: Callable[[str], tuple[str, str]] | None = None,
    unique: bool = False,
    default: Any = MISSING,
) -> Any:
    """Declare a personal field of a command: `buyer: Sealed = personal(subject="customer_id", group="contract")`.

    With `default=None` it may be left out; its annotation is then `Sealed | None`.
    """
    return field(default=default, metadata={"personal": Personal(subject, group, check, unique)})


def personal_fields(command: type) -> dict[str, Personal]:
    """The personal fields of a command class, by name."""
    return {f.name: f.metadata["personal"] for f in fields(command) if "personal" in f.metadata}
