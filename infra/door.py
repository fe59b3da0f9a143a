"""What is done to a command before it is decided: its fields are held to their bounds, and the personal ones
checked and sealed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Protocol
from uuid import UUID

from domain.kernel import Command
from domain.sealed import Clear, Personal, Sealed, personal_fields
from infra.bounds import bounded
from infra.errors import InputError
from infra.vault.sealing import SealedRow


class Sealer(Protocol):
    """Seals one text for the vault."""

    def known(self, clear: Clear, how: Personal, subject: UUID) -> Sealed | None:
        """The reference under which the vault holds this text about the subject, if the text is unique."""

    def seal(self, clear: Clear, how: Personal, subject: UUID) -> tuple[Sealed, SealedRow]:
        """The reference that stands for the text, and the row that holds it. The row is not written yet."""


def seal(command: Command, sealer: Sealer) -> tuple[Command, tuple[SealedRow, ...]]:
    """The command with a reference in place of each clear text and its times in UTC, and the rows for the vault.

    Raises:
        InputError: a field is out of bounds, or a text is not what its field asks for.
    """
    command = bounded(command)
    references: dict[str, Sealed] = {}
    rows: list[SealedRow] = []
    for name, clear, how in clear_texts(command):
        text, remark = _checked(command, name, clear.text, how)
        subject = getattr(command, how.subject)
        if subject is None:
            kind = type(command).__name__
            raise InputError(f"{kind}: field {name} needs {how.subject}, the id of whom it is about.")
        sealed = sealer.known(Clear(text), how, subject)
        if sealed is None:
            sealed, row = sealer.seal(Clear(text), how, subject)
            rows.append(row)
        references[name] = Sealed(sealed.id, sealed.subject, sealed.group, sealed.sha256, remark)
    return (replace(command, **references) if references else command), tuple(rows)


def clear_texts(command: Command) -> list[tuple[str, Clear, Personal]]:
    """Each field that holds clear text, the text, and how it is to be sealed."""
    return [
        (name, value, how)
        for name, how in _personal(type(command)).items()
        if isinstance(value := getattr(command, name), Clear)
    ]


def unique_field(command: Command) -> str:
    """The name of the field whose text may belong to one subject only."""
    return next(name for name, how in _personal(type(command)).items() if how.unique)


def _checked(command: Command, name: str, text: str, how: Personal) -> tuple[str, str]:
    if how.check is None:
        return text, ""
    try:
        return how.check(text)
    except ValueError as error:
        raise InputError(f"{type(command).__name__}: field {name}: {error}.") from error


@cache
def _personal(kind: type[Command]) -> Mapping[str, Personal]:
    return personal_fields(kind)
