"""What every command about a partner has in common: the partner that it is about, and the checks of its fields."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from datetime import date
from uuid import UUID

from domain.context import Context
from domain.kernel import Command, Decision, Refused, Report, Request, State, States, Stream
from domain.markets.regions import known_place
from domain.partners.state import Partner, PartnerEvent, existing, partner_stream


class PartnerCommand(Command, kind=True):
    """A command that reads and writes one partner, who must be registered."""

    partner_id: UUID

    def reads(self) -> tuple[Stream[State], ...]:
        return (partner_stream(self.partner_id),)

    def decide(self, states: States, context: Context) -> Decision:
        stream = partner_stream(self.partner_id)
        for event in self.happens(existing(states[stream], self.partner_id), context):
            yield stream, event

    @abstractmethod
    def happens(self, partner: Partner, context: Context) -> Iterator[PartnerEvent]:
        """What happens to the partner.

        Raises:
            Refused: it may not happen, or the command is not well formed.
        """


class PartnerRequest(PartnerCommand, Request, kind=True):
    """Asks something of a partner."""


class PartnerReport(PartnerCommand, Report, kind=True):
    """Tells what happened to a partner."""


def period(begins: date, ends: date | None, *, named: tuple[str, str] = ("valid_from", "valid_to")) -> None:
    """Check that a period has a day at least; its end is excluded. `named` are the names of the two fields.

    Raises:
        Refused: `period`.
    """
    if ends is not None and ends <= begins:
        begin, end = named
        raise Refused(
            "period",
            "{end} is {ends}: that ends before it begins, for {begin} is {begins} and the end is excluded",
            end=end,
            ends=ends,
            begin=begin,
            begins=begins,
        )


def iso_place(**places: str) -> None:
    """Check that there are such places, by their ISO 3166-1 or 3166-2 codes.

    Raises:
        Refused: `place`.
    """
    for name, place in places.items():
        if not known_place(place):
            raise Refused(
                "place", "{name} is an ISO 3166 code such as DE or US-NC, not {place}", name=name, place=place
            )


def named_once(**lists: tuple[str, ...]) -> None:
    """Check that lists name nothing twice.

    Raises:
        Refused: `named_twice`.
    """
    for name, entries in lists.items():
        if len(set(entries)) < len(entries):
            raise Refused("named_twice", "{name} names something twice", name=name)
