"""A member of a Kafka group, by itself."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from consumers.membership import Membership
from infra.embedded.processes import wait_until
from infra.errors import KafkaFault
from infra.topics import PAYMENTS
from tests.integration.consumers.conftest import PARTITIONS, SECONDS


@contextmanager
def member(kafka: str, prefix: str) -> Iterator[Membership]:
    membership = Membership(kafka, f"{prefix}group", [prefix + PAYMENTS])
    try:
        yield membership
    finally:
        membership.close()


def given(membership: Membership) -> int:
    membership.poll()
    return len(membership.shares()[1])


def test_kafka_knows_who_has_joined(kafka: str, prefix: str) -> None:
    with member(kafka, prefix) as membership:
        assert not membership.is_known()
        assert wait_until(lambda: given(membership) == PARTITIONS, seconds=SECONDS)
        assert membership.is_known()


def test_a_partition_that_is_not_ours_is_left_alone(kafka: str, prefix: str) -> None:
    with member(kafka, prefix) as membership:
        place = (prefix + PAYMENTS, 0)
        membership.begin(place, 5)
        membership.pause(place, paused=True)
        assert membership.position(place) is None


def test_without_a_broker_it_says_so() -> None:
    with pytest.raises(KafkaFault, match=r"127\.0\.0\.1:9"):
        Membership("127.0.0.1:9", "group", [PAYMENTS])
