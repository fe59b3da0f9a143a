"""`carnet ask`: every command is a sub-command, its fields are options; or a file of commands, a line each."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated
from uuid import UUID, uuid4

import msgspec
from cyclopts import App, Parameter

from app.options import Value, body, signature
from app.output import AsJson, out, print_json
from app.wiring import opened
from domain.kernel import Command, Refused
from infra.codec import decode_command, no_json, unknown_command
from infra.errors import CarnetError, InputError
from infra.handle import Answer, Ask, Desk

ask = App(name="ask", help="Ask for something, or report what has happened: each command is a sub-command.")


class Told(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of a file of commands. `body` holds the command's own fields."""

    command: str
    body: msgspec.Raw
    command_id: UUID | None = None
    actor: str | None = None
    occurred_at: datetime | None = None
    expected_version: int | None = None


@ask.default
def ask_file(
    command: Annotated[str | None, Parameter(show=False)] = None,
    /,
    *,
    file: Annotated[
        Path | None,
        Parameter(help="A file of JSON lines, or - for standard input.", allow_leading_hyphen=True),
    ] = None,
    json: AsJson = False,
) -> None:
    """Ask every line of FILE in order: {"command": NAME, "body": {…}}.

    A line may also hold command_id, actor, occurred_at and expected_version. It stops at the first line that fails and
    names it; with command ids in the lines, asking the whole file again repeats nothing.
    """
    if command is not None:
        near = get_close_matches(command, Command.named, n=3)
        raise (
            unknown_command(command, hint=f"Near it: {', '.join(near)}.")
            if near
            else unknown_command(command)
        )
    if file is None:
        raise InputError("Nothing is asked.", hint="Name a command, or a file of commands with --file.")
    lines = sys.stdin.buffer if str(file) == "-" else _lines(file)
    with opened() as book:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                _print(_ask_line(book.desk, number, line, book.settings.actor), json=json)


def _lines(file: Path) -> Iterable[bytes]:
    try:
        return file.read_bytes().splitlines()
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}.") from error


def _ask_line(desk: Desk, number: int, line: bytes, actor: str) -> Answer:
    try:
        told = msgspec.json.decode(line, type=Told)
        command = decode_command(told.command, bytes(told.body))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(
            f"Line {number}: {no_json(error)}.", hint='A line is {"command": NAME, "body": {its fields}}.'
        ) from None
    except InputError as error:
        raise InputError(f"Line {number}: {error}") from error
    try:
        return _handle(
            desk,
            command,
            actor=told.actor or actor,
            command_id=told.command_id,
            occurred_at=told.occurred_at,
            expected_version=told.expected_version,
        )
    except (Refused, CarnetError) as fault:
        fault.add_note(f"Line {number}:")
        raise


def _handle(
    desk: Desk,
    command: Command,
    *,
    actor: str,
    command_id: UUID | None,
    occurred_at: datetime | None,
    expected_version: int | None,
) -> Answer:
    return desk.handle(
        Ask(
            command=command,
            command_id=command_id or uuid4(),
            actor=actor,
            occurred_at=occurred_at,
            expected_version=expected_version,
        )
    )


def _print(answer: Answer, *, json: bool) -> None:
    if json:
        print_json(
            {
                "position": answer.position,
                "repeated": answer.repeated,
                "events": [type(e).__name__ for e in answer.events],
            }
        )
    elif answer.repeated:
        out.print(f"Answered before: position {answer.position}")
    else:
        names = ", ".join(type(e).__name__ for e in answer.events)
        out.print(
            f"Recorded at position {answer.position}: {names}"
            if names
            else "Nothing to record: it was so already"
        )


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise InputError("--occurred-at is not a time.", hint="Write it as 2026-03-31T23:30:00Z.") from None


def _common(name: str, kind: object, said: str, default: object = None) -> inspect.Parameter:
    annotation = Annotated[kind, Parameter(help=said, group="Every command")]  # type: ignore[valid-type] # a type at run time
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)


COMMON = [
    _common("command_id", UUID | None, "The command's own id; asking again with it takes effect once."),
    _common("actor", str | None, "The opaque id of who asks; else CARNET_ACTOR."),
    _common("occurred_at", str | None, "When a reported fact happened; else now."),
    _common("expected_version", int | None, "Refuse if the first stream is at another version."),
]


def _add(name: str, command: type[Command]) -> None:
    def run(
        *,
        command_id: UUID | None = None,
        actor: str | None = None,
        occurred_at: str | None = None,
        expected_version: int | None = None,
        json: bool = False,
        **fields: Value,
    ) -> None:
        wanted = decode_command(name, body(command, fields))
        with opened() as book:
            answer = _handle(
                book.desk,
                wanted,
                actor=actor or book.settings.actor,
                command_id=command_id,
                occurred_at=_time(occurred_at),
                expected_version=expected_version,
            )
            _print(answer, json=json)

    as_json = inspect.Parameter("json", inspect.Parameter.KEYWORD_ONLY, annotation=AsJson, default=False)
    run.__signature__ = signature(command, [*COMMON, as_json])  # type: ignore[attr-defined] # what cyclopts reads
    run.__annotations__ = {}  # else cyclopts would prefer them to the signature
    run.__doc__ = inspect.getdoc(command)
    ask.command(run, name=name)


for _name, _command in sorted(Command.named.items()):
    _add(_name, _command)
