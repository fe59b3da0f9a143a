"""Which options go together, and which can never be built.

An option forces all that it requires, all that these require, and so on. It is circular, and can never be built, if

- it forces itself: `a` requires `b`, `b` requires `a` (such options are one option); or
- two of the options that it forces, itself among them, exclude each other: `a` requires `b`, `b` requires `c`,
  `c` excludes `a`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from domain.catalogue.faults import Fault
from domain.catalogue.rows import Option


def clashes(chosen: Collection[Option]) -> tuple[tuple[str, str], ...]:
    """The pairs among these that exclude each other, each once, in order."""
    codes = {option.code for option in chosen}
    pairs = {
        (min(option.code, other), max(option.code, other))
        for option in chosen
        for other in option.excludes
        if other in codes
    }
    return tuple(sorted(pairs))


def gaps(chosen: Collection[Option]) -> tuple[tuple[str, str], ...]:
    """`(option, what it requires)` where that was not chosen, in order."""
    codes = {option.code for option in chosen}
    pairs = {(option.code, need) for option in chosen for need in option.requires if need not in codes}
    return tuple(sorted(pairs))


def option_faults(options: Sequence[Option]) -> Iterator[Fault]:
    """What is wrong with the options of one model year, each once, in their order."""
    index: dict[str, Option] = {}
    for number, option in enumerate(options):
        if option.code in index:
            yield Fault(("options", number, "code"), f"option {option.code} is listed twice")
        index.setdefault(option.code, option)
    for number, option in enumerate(options):
        for key, named in (("requires", option.requires), ("excludes", option.excludes)):
            for place, other in enumerate(named):
                if other not in index:
                    says = f"option {option.code} {key} {other}, which is no option of this model year"
                    yield Fault(("options", number, key, place), says)
    yield from _circular(options, index)


def _circular(options: Sequence[Option], index: Mapping[str, Option]) -> Iterator[Fault]:
    loops = {code: loop for code in index if (loop := _loop(code, index))}
    clashing = {code: why for code in index if code not in loops and (why := _clash(code, index))}
    told: set[str] = set()
    for number, option in enumerate(options):
        code = option.code
        if code in told:
            continue
        if code in loops:
            told.update(loops[code])
            yield Fault(("options", number, "requires"), f"circular: {', '.join(_steps(loops[code]))}")
        elif code in clashing and not _inherited(code, index, loops.keys() | clashing.keys()):
            told.add(code)
            key = "requires" if option.requires else "excludes"
            yield Fault(
                ("options", number, key), f"circular: {code} can never be built, for {clashing[code]}"
            )


def _loop(code: str, index: Mapping[str, Option]) -> list[str]:
    """The shortest way from an option by its requirements back to itself; empty if there is none."""
    reached = _forced(code, index)
    back = next((other for other in reached if code in index[other].requires), None)
    return [*_way(back, reached), code] if back else []


def _clash(code: str, index: Mapping[str, Option]) -> str:
    """How an option forces two that exclude each other, in words; "" if it does not."""
    reached = _forced(code, index)
    for one in reached:
        for other in index[one].excludes:
            if other in reached:
                steps = [
                    *_steps(_way(one, reached)),
                    *_steps(_way(other, reached)),
                    f"{one} excludes {other}",
                ]
                return ", ".join(dict.fromkeys(steps))
    return ""


def _inherited(code: str, index: Mapping[str, Option], unbuildable: Collection[str]) -> bool:
    """Whether it cannot be built only because something that it forces cannot; that is told there."""
    return any(other != code and other in unbuildable for other in _forced(code, index))


def _forced(code: str, index: Mapping[str, Option]) -> Mapping[str, str]:
    """All that an option forces, itself first, nearest first; each with the option that asked for it."""
    reached = {code: ""}
    waiting = deque([code])
    while waiting:
        asking = waiting.popleft()
        for need in index[asking].requires:
            if need in index and need not in reached:
                reached[need] = asking
                waiting.append(need)
    return reached


def _way(code: str, reached: Mapping[str, str]) -> list[str]:
    way = [code]
    while asking := reached[way[-1]]:
        way.append(asking)
    return way[::-1]


def _steps(way: Iterable[str]) -> list[str]:
    return [f"{one} requires {other}" for one, other in pairwise(way)]
