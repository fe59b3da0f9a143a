"""A season's stories, told again under other ids."""

from __future__ import annotations

from collections import defaultdict
from random import Random

from benchmarks.growing import Scribe
from benchmarks.stories import Told, retold, stories

ORDER, OTHER_ORDER, CAR, PARTNER, PLAN = (f"0000000{n}-0000-4000-a000-000000000000" for n in range(1, 6))


def told(position: int, stream: str, version: int, name: str, body: str, command: int = 0) -> Told:
    command_id = f"{command or position:08x}-1111-4111-a111-111111111111"
    event_id = f"{position:08x}-2222-4222-a222-222222222222"
    return Told(
        position=position,
        stream_id=stream,
        version=version,
        name=name,
        command_id=command_id,
        before=f"{stream}\t{version}\t{event_id}\t{name}\t1\tDE\t2026-03-02 12:00:00+00",
        after=f"clerk\t{command_id}\t{command_id}\t\\N\t{body}",
        outcome="\\N\t\\N",
    )


SEASON = [
    told(1, PLAN, 1, "PlanPublished", f'{{"plan_id":"{PLAN}"}}'),
    told(2, ORDER, 1, "ReservationPlaced", '{"share":"100 %"}'),
    told(3, OTHER_ORDER, 1, "ReservationPlaced", "{}"),
    told(4, ORDER, 2, "ContractSigned", f'{{"agent_id":"{PARTNER}","plan_id":"{PLAN}"}}'),
    told(5, CAR, 1, "VehicleAllocated", f'{{"order_id":"{ORDER}"}}', command=5),
    told(6, ORDER, 3, "CarAllocated", f'{{"vehicle_id":"{CAR}"}}', command=5),
    told(7, OTHER_ORDER, 2, "ContractSigned", f'{{"agent_id":"{PARTNER}","plan_id":"{PLAN}"}}'),
]


def lines(events: int) -> list[list[str]]:
    """The columns of the log's events."""
    recorded = ["2026-03-02 12:00:00+00:00"] * len(SEASON)
    chunks = Scribe(SEASON, recorded).chunks(events)
    return [line.rstrip("\n").split("\t") for chunk in chunks for line in chunk["events"]]


def test_an_order_and_its_car_are_one_story_and_a_plan_is_none() -> None:
    assert [story.events for story in stories(SEASON)] == [4, 2]


def test_a_copy_has_ids_of_its_own_and_shares_its_partners() -> None:
    copies = lines(400)[len(SEASON) :]
    texts = ["\t".join(line) for line in copies]
    assert not any(ORDER in text or OTHER_ORDER in text or CAR in text for text in texts)
    assert sum(PARTNER in text for text in texts) == sum(PLAN in text for text in texts) > 10
    assert any("100 %" in text for text in texts)


def test_the_car_of_a_copy_is_that_of_its_order() -> None:
    cars = {line[1] for line in lines(400) if line[4] == "VehicleAllocated"}
    named = {line[-1].split('"')[3] for line in lines(400) if line[4] == "CarAllocated"}
    assert len(cars) > 10
    assert named <= cars


def test_positions_and_versions_have_no_gap() -> None:
    grown = lines(1_000)
    assert [int(line[0]) for line in grown] == list(range(1, len(grown) + 1))
    assert 1_000 <= len(grown) < 1_010
    versions: defaultdict[str, list[int]] = defaultdict(list)
    for line in grown:
        versions[line[1]].append(int(line[2]))
    assert all(found == list(range(1, len(found) + 1)) for found in versions.values())


def test_what_one_command_wrote_stays_together() -> None:
    at: defaultdict[str, list[int]] = defaultdict(list)
    for line in lines(1_000):
        at[line[10]].append(int(line[0]))
    assert max(map(len, at.values())) == 2
    assert all(
        last - first == len(found) - 1 for found in at.values() for first, last in [(found[0], found[-1])]
    )


def test_the_events_of_a_story_lie_as_far_apart_as_its_life_says() -> None:
    acts = list(retold(stories(SEASON), 5_000, Random(1), life=2_000))
    first: dict[int, int] = {}
    spans = []
    for position, (copy, _) in enumerate(acts):
        first.setdefault(copy.number, position)
        if copy.told == len(copy.story.acts):
            spans.append(position - first[copy.number])
    assert max(spans) > 500
    assert len(first) > 1_000


def test_the_same_season_grows_the_same_log() -> None:
    assert lines(300) == lines(300)
