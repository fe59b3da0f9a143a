"""`carnet ask`: every command is a sub-command, its fields are options; or a file of commands, a line each."""

from __future__ import annotations

import inspect
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated
from uuid import UUID

from cyclopts import App, Parameter

from app.asking import ask_lines, tell_answer
from app.options import Value, body, signature
from app.output import AsJson
from app.wiring import opened
from domain.kernel import Command
from infra.codec import decode_command, unknown_command
from infra.errors import InputError
from infra.handle import Ask
from infra.ids import new_id

ask = App(name="ask", help="Ask for something, or report what has happened: each command is a sub-command.")


@ask.default
def ask_file(
    command: Annotated[str | None, Parameter(show=False)] = None,
    /,
    *,
    file: Annotated[
        Path | None,
        Parameter(help="A file of JSON lines, or - for standard input.", allow_leading_hyphen=True),
    ] = None,
    run: Annotated[
        str | None,
        Parameter(help="What names this run when it is asked again; else the file's content."),
    ] = None,
    json: AsJson = False,
) -> None:
    """Ask every line of FILE: {"command": NAME, "body": {…}}.

    A line may also hold command_id, actor, occurred_at and expected_version. Commands that meet in a stream take
    effect in the file's order. A line that fails is named, and the others go on; the exit code is that of the first.
    Asking the same file again repeats nothing: a line without a command id has one made of the run and its number.
    """
    if command is not None:
        if near := get_close_matches(command, Command.named, n=3):
            raise unknown_command(command, hint=f"Near it: {', '.join(near)}.")
        raise unknown_command(command)
    if file is None:
        raise InputError("Nothing is asked.", hint="Name a command, or a file of commands with --file.")
    with opened() as book:
        ask_lines(book.desk, file, actor=book.settings.actor, run=run, json=json)


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
            answer = book.desk.handle(
                Ask(
                    command=wanted,
                    command_id=command_id or new_id(),
                    actor=actor or book.settings.actor,
                    occurred_at=_time(occurred_at),
                    expected_version=expected_version,
                )
            )
            tell_answer(answer, json=json)

    as_json = inspect.Parameter("json", inspect.Parameter.KEYWORD_ONLY, annotation=AsJson, default=False)
    run.__signature__ = signature(command, [*COMMON, as_json])  # type: ignore[attr-defined] # what cyclopts reads
    run.__annotations__ = {}  # else cyclopts would prefer them to the signature
    run.__doc__ = inspect.getdoc(command)
    ask.command(run, name=name)


for _name, _command in sorted(Command.named.items()):
    _add(_name, _command)
