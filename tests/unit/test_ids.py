"""The ids that Carnet mints."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import RFC_4122

from infra.ids import new_id


def test_an_id_is_a_uuid_that_begins_with_the_time() -> None:
    ids = [new_id() for _ in range(1_000)]
    assert {(one.version, one.variant) for one in ids} == {(7, RFC_4122)}
    milliseconds = [one.int >> 80 for one in ids]
    assert milliseconds == sorted(milliseconds)


def test_no_two_are_alike_whichever_thread_mints_them() -> None:
    with ThreadPoolExecutor(8) as threads:
        ids = list(threads.map(lambda _: new_id(), range(20_000)))
    assert len(set(ids)) == 20_000
