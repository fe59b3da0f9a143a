"""Two relays share the work from the command line; `carnet status` tells of each, and `reshard` joins them again."""

from infra.embedded.processes import wait_until
from tests.acceptance.asked import tells
from tests.acceptance.installation import SECONDS, Installation

TWO = {"CARNET_RELAY_SHARDS": "2"}


def behind(here: Installation) -> dict[str, int]:
    """How many events each relay is behind."""
    followers = here.carnet("status", "--json").json["followers"]
    return {one["name"]: one["behind"] for one in followers if one["name"].startswith("relay")}


def test_two_shards_run_and_are_joined_again(own_book: Installation) -> None:
    assert behind(own_book) == {"relay": 1}
    tells(own_book.carnet("relay", **TWO), 2, "There are 2 shards", "--shard, from 0 to 1")
    tells(own_book.carnet("relay", "--shard", "2", **TWO), 2, "There is no shard 2")

    running = [own_book.start("relay", "--shard", shard, **TWO) for shard in ("0", "1")]
    assert wait_until(lambda: behind(own_book) == {"relay:0": 0, "relay:1": 0}, seconds=SECONDS)
    for number, relay in enumerate(running):
        again = own_book.carnet("relay", "--shard", str(number), **TWO)
        tells(
            again, 9, f"shard {number} runs already", f"process {relay.popen.pid} on ", "Leave one of the two"
        )
    said = own_book.carnet("relay", "reshard")
    tells(said, 9, "shard 0 runs already", f"process {running[0].popen.pid} on ", "Stop every relay first")
    assert "Leave one" not in said.err
    assert [relay.stop().code for relay in running] == [0, 0]

    tells(own_book.carnet("relay"), 8, "published by 2 shards, not by 1", "`carnet relay reshard`")
    joined = own_book.carnet("relay", "reshard")
    assert joined.code == 0
    assert "published up to position 1; start the shards 0 to 0" in joined.out
    assert behind(own_book) == {"relay": 0}
