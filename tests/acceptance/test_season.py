"""`carnet demo`: the same every time; and what it leaves on servers that it did not start."""

from __future__ import annotations

import msgspec

from app.demo.summary import Summary
from tests.acceptance.conftest import ORDERS, SEED
from tests.acceptance.installation import Installation
from tests.acceptance.seasons import played_on


def test_the_same_seed_plays_the_same_season(undisturbed: Summary, postgres: str, kafka: str) -> None:
    again = played_on(postgres, kafka, ORDERS, SEED)
    assert msgspec.structs.replace(again, seconds=0) == msgspec.structs.replace(undisturbed, seconds=0)


def test_another_seed_plays_another_season(undisturbed: Summary, postgres: str, kafka: str) -> None:
    other = played_on(postgres, kafka, ORDERS, SEED + 1)
    assert other.orders == undisturbed.orders
    assert other.digest != undisturbed.digest


def test_a_season_on_named_servers_stays_and_opens_with_their_key(installation: Installation) -> None:
    own = {"CARNET_DATABASE": f"{installation.settings.database}_season"}
    places = ("--database", own["CARNET_DATABASE"], "--topic-prefix", f"{own['CARNET_DATABASE']}.")
    said = installation.carnet("demo", "--orders", "2", *places)
    assert said.code == 0, said
    assert "gone again" not in said.out
    assert f"The topics {places[3]}* are still there." in said.out
    assert "opens with the key-encryption key that the settings name" in said.out
    customer = (
        "select body::json ->> 'customer_id' from carnet.events where name = 'ReservationPlaced' limit 1"
    )
    book = Installation({**installation.environment, **own}, installation.folder)
    ((someone,),) = book.rows(customer)
    assert book.carnet("person", "show", someone, "--purpose", "a test").code == 0


def test_a_season_whose_key_is_gone_says_so(installation: Installation) -> None:
    name = f"{installation.settings.database}_season"
    said = installation.carnet(
        "demo",
        *("--orders", "2", "--database", name, "--topic-prefix", f"{name}."),
        CARNET_KEK="",
    )
    assert said.code == 0, said
    assert "Nobody can open their personal data any more" in said.out
