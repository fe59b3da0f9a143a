"""A frozen dataclass of ours is one of the library's in all but the time that it takes to make."""

import pickle
from dataclasses import FrozenInstanceError, fields

import pytest

from domain.frozen import frozen
from domain.kernel import replace
from domain.orders.state import Car
from tests.examples import CAR_ID

NONE: dict[str, object] = {}


@frozen
class Told:
    what: str
    loud: bool = False


def test_what_is_not_told_is_the_default() -> None:
    told = Told(what="yes")
    assert (told.what, told.loud) == ("yes", False)
    assert repr(told).endswith("Told(what='yes', loud=False)")
    assert [field.name for field in fields(told)] == ["what", "loud"]


def test_equal_fields_are_equal_values_with_one_hash() -> None:
    assert Told(what="yes") == Told(what="yes", loud=False) != Told(what="yes", loud=True)
    assert hash(Told(what="yes")) == hash(Told(what="yes"))


def test_it_cannot_be_changed_and_may_be_replaced() -> None:
    car = Car(vehicle_id=CAR_ID)
    with pytest.raises(FrozenInstanceError):
        car.stage = "built"  # type: ignore[misc]
    assert replace(car, stage="built") == Car(vehicle_id=CAR_ID, stage="built")
    assert pickle.loads(pickle.dumps(car)) == car


@pytest.mark.parametrize("fields", [NONE, {"what": "yes", "whom": "no"}])
def test_a_field_that_is_missing_or_unknown_is_named(fields: dict[str, str]) -> None:
    with pytest.raises(TypeError, match=r"Told\.__init__\(\) .*'what'|Told\.__init__\(\) .*'whom'"):
        Told(**fields)  # type: ignore[arg-type]


def test_what_would_be_left_out_is_refused() -> None:
    class Checked:
        def __post_init__(self) -> None: ...

    with pytest.raises(TypeError, match="Checked has a __post_init__"):
        frozen(Checked)
