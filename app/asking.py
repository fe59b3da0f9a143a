"""`carnet ask --file`: a file of commands, a line each; many are in flight, the answers come in the file's order.

A line without a command id gets one made of the run and its number. So the same file can be asked again after a
break: what took effect is answered as before, the rest is done.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from datetime import datetime
from hashlib import file_digest
from io import BufferedReader
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4, uuid5

import msgspec

from app.exits import told as in_words
from app.options import is_text
from app.output import err_line, nobody_reads, print_json, print_line
from infra.bulk import Bulk, Numbered
from infra.codec import decode_command, no_json
from infra.errors import CarnetError, InputError, PostgresFault
from infra.handle import Answer, Ask, Desk

RUNS: Final = UUID("6c1f7a52-1e0e-5a4c-9f0a-3f6f2a6b7c11")
LINE_BYTES_MAX: Final = 128 * 1024  # twice what an event may hold
FORM: Final = 'A line is {"command": NAME, "body": {its fields}}.'


class Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of a file of commands. `body` holds the command's own fields."""

    command: str
    body: msgspec.Raw
    command_id: UUID | None = None
    actor: str | None = None
    occurred_at: datetime | None = None
    expected_version: int | None = None


class SomeFailed(CarnetError):
    """Lines of a file failed; the exit code is that of the first."""

    def __init__(self, message: str, *, hint: str, exit_code: int) -> None:
        super().__init__(message, hint=hint)
        self.exit_code = exit_code  # type: ignore[misc] # of this one, not of its class


class Tally:
    """What came of the lines of a run so far."""

    def __init__(self, run: str) -> None:
        self.run = run
        self.counts = dict.fromkeys(("lines", "recorded", "repeated", "unchanged", "failed"), 0)
        self.first_code = 0

    def tell(self, number: int, end: Answer | Exception, *, json: bool) -> None:
        """Count and print what came of a line. Raises a fault that nobody foresaw."""
        self.counts["lines"] += 1
        if isinstance(end, Answer):
            self.counts["repeated" if end.repeated else "recorded" if end.events else "unchanged"] += 1
            tell_answer(end, json=json, line=number)
            return
        known = in_words(end)
        if known is None:
            end.add_note(f"Line {number}.")
            raise end
        code, sentence = known
        self.counts["failed"] += 1
        self.first_code = self.first_code or code
        if json:
            print_json({"line": number, "error": sentence, "exit_code": code})
        else:
            err_line(f"Line {number}: {sentence}")

    def sum_up(self, *, stopped: bool, json: bool) -> None:
        """The last line. Raises SomeFailed if any failed."""
        if json:
            print_json({**self.counts, "run": self.run})
        elif not self.first_code:
            print_line(self._sentence())
        if self.first_code:
            hint = (
                f"Ask the same again with --run {self.run} once PostgreSQL is back."
                if stopped
                else f"Mend the lines and ask again with --run {self.run}: what took effect is not repeated."
            )
            raise SomeFailed(self._sentence(), hint=hint, exit_code=self.first_code)

    def _sentence(self) -> str:
        lines, *parts = self.counts.items()
        told = ", ".join(f"{count:,} {name}" for name, count in parts if count)
        return f"{lines[1]:,} {'line' if lines[1] == 1 else 'lines'}: {told or 'nothing to do'}."


def ask_lines(desk: Desk, file: Path, *, actor: str, run: str | None, json: bool) -> None:
    """Ask every line of a file, or of standard input if it is called `-`. It goes on behind a line that fails,
    but not when PostgreSQL cannot be reached.

    Raises:
        InputError: the file cannot be read, the run is no text, or nobody reads the answers any more.
        SomeFailed: at least one line failed, and was named.
    """
    if run is not None and not is_text(run):
        raise InputError("--run is not UTF-8.")
    stream = _opened(file)
    tally = Tally(run or _run_of(stream))
    try:
        stopped = _carry_out(Bulk(desk), _asks(stream, tally.run, actor), tally, json=json)
    except BrokenPipeError:
        nobody_reads()
        raise InputError(
            f"Nobody reads the answers any more: it stopped at answer {tally.counts['lines']:,}.",
            hint=f"Ask the same again with --run {tally.run}: what took effect is not repeated.",
        ) from None
    tally.sum_up(stopped=stopped, json=json)


def _carry_out(bulk: Bulk, asked: Iterator[Numbered], tally: Tally, *, json: bool) -> bool:
    """Ask and tell; whether it stopped because PostgreSQL cannot be reached."""
    stopped = False
    for number, end in bulk.carry_out(asked):
        tally.tell(number, end, json=json)
        if isinstance(end, PostgresFault) and not stopped:
            stopped = True
            bulk.stop()
    return stopped


def tell_answer(answer: Answer, *, json: bool, line: int | None = None) -> None:
    """Print what came of one command."""
    names = [type(event).__name__ for event in answer.events]
    if json:
        told = {"position": answer.position, "repeated": answer.repeated, "events": names}
        print_json(told if line is None else {"line": line, **told})
    elif answer.repeated:
        print_line(f"Answered before: position {answer.position}")
    elif names:
        print_line(f"Recorded at position {answer.position}: {', '.join(names)}")
    else:
        print_line("Nothing to record: it was so already")


def _opened(file: Path) -> BufferedReader:
    """Whoever reads it closes it: another thread would wait for a line that may never come."""
    try:
        # A copy of it goes on where another program that read from it has stopped.
        return open(os.dup(0), "rb") if str(file) == "-" else file.open("rb")  # noqa: PTH123
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}.") from error


def _run_of(stream: BufferedReader) -> str:
    """What names a run: the content of a file; of what can be read only once, nothing but chance."""
    if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
        return uuid4().hex
    begin = stream.tell()
    digest = file_digest(stream, "sha256").hexdigest()
    stream.seek(begin)
    return digest[:32]


def _asks(stream: BufferedReader, run: str, actor: str) -> Iterator[Numbered]:
    """The lines as asks. A line that cannot be read is an `InputError` in its place."""
    ids = uuid5(RUNS, run)
    with stream:
        for number, line in enumerate(_lines(stream), start=1):
            if len(line) > LINE_BYTES_MAX:
                yield (
                    number,
                    InputError(f"It has more than {LINE_BYTES_MAX:,} bytes.", hint="Is a line end missing?"),
                )
            elif line.strip():
                yield number, _ask(line, uuid5(ids, str(number)), actor)


def _lines(stream: BufferedReader) -> Iterator[bytes]:
    """Each line. Of one that is too long only the beginning is kept."""
    while line := stream.readline(LINE_BYTES_MAX + 1):
        rest = line
        while len(line) > LINE_BYTES_MAX and rest and not rest.endswith(b"\n"):
            rest = stream.readline(LINE_BYTES_MAX)
        yield line


def _ask(line: bytes, own_id: UUID, actor: str) -> Ask | InputError:
    try:
        told = msgspec.json.decode(line, type=Line)
        return Ask(
            command=decode_command(told.command, bytes(told.body)),
            command_id=told.command_id or own_id,
            actor=told.actor or actor,
            occurred_at=told.occurred_at,
            expected_version=told.expected_version,
        )
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return InputError(f"{no_json(error)}.", hint=FORM)
    except InputError as fault:
        return fault
