"""However many messages wait, each is looked for by itself, and those of one key go on in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from consumers.inbox import Inbox, Source, Taken
from consumers.kernel import Wanted
from consumers.workshop import Workshop
from infra.errors import InputError
from infra.parked_messages import PARKED_MESSAGES, ParkedMessage
from infra.postgres import Connection, connect
from tests.integration.consumers.conftest import AT, workshop

TOPIC = "letters"
MANY = 200
# Not what the code says, but what tables hold: rows of years ago are found by this sentence.
WAITS = "It waits behind an earlier message with the same key."


@dataclass
class Post:
    """A source of letters, some of which nobody can read, and who takes them. `meanwhile` is what others do while one
    is read."""

    shop: Workshop
    owner: Connection
    unreadable: set[bytes] = field(default_factory=set)
    taken: list[bytes] = field(default_factory=list)
    meanwhile: dict[bytes, Callable[[], object]] = field(default_factory=dict)
    come: int = 0

    def __post_init__(self) -> None:
        self.inbox = self.open()

    def open(self) -> Inbox:
        """Another process that takes the same source."""
        return Inbox(Source(name=TOPIC, topic=TOPIC, partition=0, read=self.read), self.shop, 0)

    def read(self, payload: bytes) -> Wanted | None:
        if payload in self.unreadable:
            raise InputError(f"Nobody can read {payload.decode()}.")
        if payload in self.meanwhile:
            self.meanwhile.pop(payload)()
        self.taken.append(payload)
        return None

    def bring(self, key: str | None, *letters: bytes, inbox: Inbox | None = None) -> None:
        for letter in letters:
            (inbox or self.inbox).take(
                Taken(offset=self.come, identity=f"{TOPIC} {self.come}", key=key, payload=letter)
            )
            self.come += 1

    def waiting(self) -> list[ParkedMessage]:
        return PARKED_MESSAGES.waiting(self.owner)

    def retry(self, row: ParkedMessage) -> None:
        PARKED_MESSAGES.retry(self.owner, row.id, actor="clerk-1", now=AT)

    def drop(self, row: ParkedMessage) -> None:
        PARKED_MESSAGES.drop(self.owner, row.id, actor="clerk-1", now=AT, why="a test")

    def rows_read(self) -> int:
        """How many rows of the table of parked messages were read so far, through an index or one after the other."""
        self.shop.pool.run(lambda connection: connection.execute("select pg_stat_force_next_flush()"))
        row = self.owner.execute(
            """select sum(idx_tup_read) + (select seq_tup_read from pg_stat_user_tables
                where relid = 'carnet.parked'::regclass)
            from pg_stat_user_indexes where relid = 'carnet.parked'::regclass"""
        ).fetchone()
        assert row
        return int(row[0])


@pytest.fixture
def post(database: str, keys_database: str) -> Iterator[Post]:
    with workshop(database, keys_database) as shop, connect(database) as owner:
        owner.execute("vacuum analyze")
        yield Post(shop, owner)


def letters(count: int) -> list[bytes]:
    return [b"letter %d" % n for n in range(count)]


def test_a_message_that_comes_looks_for_those_of_its_own_key_alone(post: Post) -> None:
    post.unreadable.add(b"bad")
    post.bring("ada", b"bad")
    before = post.rows_read()
    post.bring("ada", *letters(MANY))
    assert post.rows_read() - before <= 3 * MANY
    assert [row.reason for row in post.waiting()] == ["Nobody can read bad.", *[WAITS] * MANY]


def test_a_long_queue_is_drained_in_order_and_each_message_is_looked_for_by_itself(post: Post) -> None:
    post.unreadable.add(b"bad")
    post.bring("ada", b"bad", *letters(MANY))
    post.unreadable.clear()
    post.retry(post.waiting()[0])
    before = post.rows_read()
    post.inbox.drain()
    assert post.taken == [b"bad", *letters(MANY)]
    assert post.waiting() == []
    assert post.rows_read() - before <= 12 * MANY


def test_messages_without_a_key_that_wait_cost_nothing_while_nobody_asks_for_one(post: Post) -> None:
    post.unreadable.update(letters(MANY))
    post.bring(None, *letters(MANY))
    post.owner.execute("analyze carnet.parked")
    before = post.rows_read()
    for _ in range(10):
        post.inbox.look_again()
        post.inbox.drain()
    assert post.rows_read() - before <= MANY
    post.unreadable.clear()
    post.retry(post.waiting()[7])
    post.inbox.drain()
    assert post.taken == [b"letter 7"]
    assert len(post.waiting()) == MANY - 1


def test_each_queue_goes_on_up_to_the_message_that_fails(post: Post) -> None:
    post.unreadable.update({b"bad", b"worse"})
    post.bring("ada", b"bad", b"a1", b"worse", b"a2")
    post.bring("bob", b"bad", b"b1")
    post.bring("eve", b"bad", b"e1")
    post.unreadable.remove(b"bad")
    ada, bob, _ = (row for row in post.waiting() if row.reason != WAITS)
    post.retry(ada)
    post.drop(bob)
    post.inbox.drain()
    assert sorted(post.taken) == [b"a1", b"b1", b"bad"]
    assert [(row.key, row.reason, row.retries) for row in post.waiting()] == [
        ("ada", "Nobody can read worse.", 1),
        ("ada", WAITS, 0),
        ("eve", "Nobody can read bad.", 0),
        ("eve", WAITS, 0),
    ]


def test_what_is_dropped_while_its_queue_is_drained_is_passed_over(post: Post) -> None:
    post.unreadable.add(b"bad")
    post.bring("ada", b"bad", b"a1", b"a2")
    bad, a1, _ = post.waiting()
    post.unreadable.clear()
    post.retry(bad)
    post.meanwhile[b"bad"] = lambda: post.drop(a1)
    post.inbox.drain()
    assert post.taken == [b"bad", b"a2"]


def test_what_failed_elsewhere_while_another_queue_was_drained_is_not_tried_again(post: Post) -> None:
    post.unreadable.update({b"ada's", b"bob's"})
    post.bring("ada", b"ada's")
    post.bring("bob", b"bob's", b"b1")
    ada, bob, _ = post.waiting()
    post.unreadable.clear()
    post.retry(ada)
    post.retry(bob)
    post.meanwhile[b"ada's"] = lambda: PARKED_MESSAGES.failed(post.owner, bob, "It failed elsewhere.", AT)
    post.inbox.drain()
    assert post.taken == [b"ada's"]
    assert [(row.reason, row.retries) for row in post.waiting()] == [("It failed elsewhere.", 1), (WAITS, 0)]


def test_who_finds_its_place_taken_waits_for_what_the_other_has_parked(post: Post) -> None:
    slow = post.open()
    post.unreadable.add(b"bad")
    post.bring("ada", b"bad")
    post.unreadable.clear()
    post.come = 0
    post.bring("ada", b"bad", b"a1", inbox=slow)
    assert [row.reason for row in post.waiting()] == ["Nobody can read bad.", WAITS]
