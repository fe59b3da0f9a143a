"""`carnet replay`: the whole story of one stream, as of any position or time, and the state it gives."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, get_type_hints
from uuid import UUID

import msgspec
from cyclopts import Parameter
from rich.markup import escape
from rich.padding import Padding
from rich.text import Text

from app import reaching
from app.output import AsJson, out, print_json, print_table
from app.wiring import clock_of, configured
from domain.kernel import Event, Recorded, State, fold
from domain.orders.state import Order
from domain.orders.status import money, status
from domain.sealed import Sealed
from infra.bounds import OutOfBounds, moment
from infra.clock import Clock
from infra.errors import InputError, NotFound
from infra.log_reader import LogReader

StreamId = Annotated[UUID, Parameter(name="ORDER", help="The id of an order, or of any other stream.")]
AsOf = Annotated[
    str | None, Parameter(help="A position of the log, or a time: only what was recorded by then.")
]


def replay(stream_id: StreamId, /, *, as_of: AsOf = None, json: AsJson = False) -> None:
    """Tell the story of an order, a car, a visit or an account, and the state that it adds up to.

    Each event with when it happened, when it was recorded, by whom, and through which command.
    """
    settings = configured()
    with LogReader(reaching.postgres(settings, settings.database)) as log:
        until = None if as_of is None else position_of(log, as_of, clock_of(settings))
        history = log.history(stream_id, until_position=until)
    if not history:
        when = "" if as_of is None else f" as of {as_of}"
        raise NotFound(f"Nothing is recorded under {stream_id}{when}.", hint="Check the id.")
    state = replayed(history)
    if json:
        print_json({"events": [_told(one) for one in history], "state": plain(state)})
    else:
        _print(history, state)


def position_of(log: LogReader, text: str, clock: Clock, name: str = "--as-of") -> int:
    """The position that a position or a time means, which was given as `name`.

    Raises:
        InputError: it is neither, or has not come yet.
    """
    if re.fullmatch("[0-9]{1,18}", text):
        if int(text) > (head := log.head().position):
            raise InputError(
                f"Position {text} does not exist yet: the log ends at {head}.", hint="Ask for an earlier one."
            )
        return int(text)
    at = _moment(text, name)
    if at > clock.now():
        raise InputError(f"{text} has not come yet.", hint="Ask for a time of the past.")
    return log.position_at(at)


def _moment(text: str, name: str) -> datetime:
    try:
        return moment(datetime.fromisoformat(text))
    except OutOfBounds as error:
        raise InputError(f"{name}: {error}.", hint="Write it as 2026-03-31T23:30:00Z.") from None
    except ValueError:
        raise InputError(
            f"{name} is neither a position nor a time.", hint="Write 1234, or 2026-03-31T23:30:00Z."
        ) from None


def replayed(history: Sequence[Recorded]) -> State:
    """The state that a stream's events add up to; which kind of state, their `evolve` says."""
    first = type(history[0].event)
    kind: type[State] = get_type_hints(first.evolve)["return"]
    return fold(kind(), (one.event for one in history))


# Any is what JSON can hold; the keys are the fields' names.
def plain(value: State | Event) -> Any:
    """A state or an event as JSON can hold it; a sealed text is its reference."""
    return msgspec.to_builtins(value, enc_hook=_reference, order="deterministic", str_keys=True)


def _reference(value: object) -> object:
    if isinstance(value, Sealed):
        return {"sealed": str(value.id), "subject": str(value.subject), "group": value.group}
    raise TypeError(f"{type(value).__name__} has no JSON")


def _told(one: Recorded) -> dict[str, object]:
    return {
        "position": one.position,
        "version": one.version,
        "name": one.name,
        "occurred_at": one.occurred_at,
        "recorded_at": one.recorded_at,
        "actor": one.actor,
        "command_id": one.command_id,
        "correlation_id": one.correlation_id,
        "causation_id": one.causation_id,
        "market": one.market,
        "body": plain(one.event),
    }


def _print(history: Sequence[Recorded], state: State) -> None:
    for one in history:
        out.print(
            f"[bold]{one.position}[/bold] v{one.version} [bold]{one.name}[/bold] by {escape(one.actor)}"
        )
        out.print(f"   occurred {_short(one.occurred_at)}, recorded {_short(one.recorded_at)}")
        out.print(f"   command {one.command_id}")
        out.print(Padding(Text(_in_words(plain(one.event))), (0, 0, 0, 3)))
    if isinstance(state, Order):
        out.print(f"Order [bold]{status(state)}[/bold], money [bold]{money(state)}[/bold]")
    before = plain(type(state)())
    told = [(name, _value(value)) for name, value in plain(state).items() if value != before[name]]
    print_table(("state", "is"), told)


def _short(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"


def _in_words(fields: dict[str, Any]) -> str:
    return ", ".join(
        f"{name} {_value(value)}" for name, value in fields.items() if value not in (None, "", [], ())
    )


def _value(value: Any) -> str:
    if isinstance(value, dict) and value.keys() == {"minor", "currency"}:
        return f"{value['minor']} {value['currency']}"
    if isinstance(value, dict) and "sealed" in value:
        return "(sealed)"
    if isinstance(value, dict):
        return "{" + _in_words(value) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, datetime):
        return _short(value)
    return str(value)
