"""What callers were told, held against what the log holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from domain.kernel import Recorded
from tests.acceptance.soak.journal import Acknowledged, Asks, Ended, Failed, Refused, asked


@dataclass
class Story:
    """One command id: every attempt to ask it, and how each ended, if that was learnt."""

    attempts: set[tuple[str, int]] = field(default_factory=set)
    ended: list[Ended] = field(default_factory=list)
    tracked: Asks | None = None

    @property
    def open(self) -> bool:
        """Whether some attempt may have been written without anybody learning it."""
        surely = [one for one in self.ended if isinstance(one, Acknowledged | Refused | Failed)]
        return len(surely) < len(self.attempts)


@dataclass(frozen=True)
class Effect:
    """What the log says a command came to."""

    position: int
    events: int
    refused: bool


def stories(journals: Path) -> dict[UUID, Story]:
    """Every command that an asker asked."""
    found: defaultdict[UUID, Story] = defaultdict(Story)
    for path in sorted(journals.glob("asker-*.asked")):
        for entry in asked(path):
            story = found[entry.command_id]
            if isinstance(entry, Asks):
                story.attempts.add((path.name, entry.attempt))
                story.tracked = entry if entry.source else None
            else:
                story.ended.append(entry)
    return found


def wrong_answers(
    told: Mapping[UUID, Story], effects: Mapping[UUID, Effect], log: Sequence[Recorded]
) -> Iterator[str]:
    """Acknowledged is in the log, as it was told; refused or failed is not; and nothing is there that nobody asked."""
    by_command: defaultdict[UUID, list[Recorded]] = defaultdict(list)
    for recorded in log:
        by_command[recorded.command_id].append(recorded)
    for command_id, story in told.items():
        for fault in _of_one(story, effects.get(command_id), by_command.get(command_id, [])):
            yield f"command {command_id}: {fault}"
    for command_id, events in by_command.items():
        effect = effects.get(command_id)
        if effect is None:
            yield f"command {command_id} has events at {_where(events)} and no row in carnet.commands"
        elif [one.position for one in events] != list(
            range(effect.position - effect.events + 1, effect.position + 1)
        ):
            yield f"command {command_id} should have {effect}, but has events at {_where(events)}"
        if events[0].actor.startswith("asker-") and command_id not in told:
            yield f"command {command_id} of {events[0].actor} is at {_where(events)}, and nobody asked it"


def _of_one(story: Story, effect: Effect | None, events: Sequence[Recorded]) -> Iterator[str]:
    names = tuple(one.name for one in events)
    effective = False
    for ended in story.ended:
        match ended:
            case Acknowledged():
                effective = True
                if effect is None or effect.refused:
                    yield f"acknowledged ({ended}), but the log has {effect}"
                elif ended.events != names or (names and ended.position != effect.position):
                    yield f"acknowledged as {ended}, but the log has {names} at {_where(events)}"
            case Refused(recorded=True):
                effective = True
                if effect is None or not effect.refused:
                    yield f"refused by a rule ({ended}), but the log has {effect}"
            case _:
                pass
    if effect is not None and not effective and not story.open:
        yield f"never took effect ({story.ended}), but the log has {effect}: {names} at {_where(events)}"


def wrong_tracking(
    told: Mapping[UUID, Story], effects: Mapping[UUID, Effect], tracking: Mapping[str, int]
) -> Iterator[str]:
    """Every message of a source made its command once: those below its next offset, and no other."""
    of_source: defaultdict[str, set[int]] = defaultdict(set)
    for command_id, story in told.items():
        effect = effects.get(command_id)
        if story.tracked and effect and not effect.refused:
            of_source[story.tracked.source].add(story.tracked.next - 1)
    for source, offsets in of_source.items():
        if offsets != set(range(tracking.get(source, 0))):
            yield f"{source} is tracked to {tracking.get(source, 0)}, but its commands are {sorted(offsets)}"


def _where(events: Sequence[Recorded]) -> list[int]:
    return [one.position for one in events]
