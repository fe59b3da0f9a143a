"""Which part of the work a relay has."""

import pytest

from infra.errors import InputError
from infra.shard import WHOLE, Shard, shard_numbered


def test_every_partition_has_one_shard() -> None:
    for of in range(1, 8):
        for partition in range(20):
            assert [Shard(number, of).owns(partition) for number in range(of)].count(True) == 1


def test_the_only_shard_need_not_be_named() -> None:
    assert shard_numbered(None, 1) == shard_numbered(0, 1) == WHOLE
    assert shard_numbered(2, 3) == Shard(2, 3)


def test_one_of_several_must_be_named() -> None:
    with pytest.raises(InputError, match=r"There are 3 shards: name one with --shard, from 0 to 2\."):
        shard_numbered(None, 3)


@pytest.mark.parametrize(
    ("number", "of", "says"),
    [
        (3, 3, r"no shard 3, only the shards 0 to 2\. CARNET_RELAY_SHARDS"),
        (-1, 3, r"no shard -1, only the shards 0 to 2\."),
        (1, 1, r"no shard 1, only shard 0\."),
    ],
)
def test_a_shard_out_of_range_is_refused(number: int, of: int, says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        shard_numbered(number, of)
    assert caught.value.exit_code == 2
