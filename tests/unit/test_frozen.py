"""A frozen dataclass of ours is one of the library's in all but the time that it takes to make."""

import pickle
from dataclasses import FrozenInstanceError, field, fields

import pytest

from domain.frozen import frozen
from domain.kernel import replace
from domain.orders.state import Car
from tests.examples import CAR_ID


@frozen
class Saying:
    what: str
    loud: bool = False


def test_what_is_not_told_is_the_default() -> None:
    told = Saying(what="yes")
    assert (told.what, told.loud) == ("yes", False)
    assert repr(told).endswith("Saying(what='yes', loud=False)")
    assert [field.name for field in fields(told)] == ["what", "loud"]


def test_it_cannot_be_changed_and_may_be_replaced() -> None:
    car = Car(vehicle_id=CAR_ID)
    with pytest.raises(FrozenInstanceError):
        car.stage = "built"  # type: ignore[misc]
    assert replace(car, stage="built") == Car(vehicle_id=CAR_ID, stage="built")
    assert pickle.loads(pickle.dumps(car)) == car


def test_a_field_that_is_missing_or_unknown_is_named() -> None:
    with pytest.raises(TypeError, match=r"Saying\.__init__\(\) missing .*'what'"):
        Saying()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"Saying\.__init__\(\) got an unexpected .*'whom'"):
        Saying(what="yes", whom="no")  # type: ignore[call-arg]


class Checked:
    def __post_init__(self) -> None: ...


class Listed:
    words: list[str] = field(default_factory=list)


class Counted:
    words: int = field(default=3, init=False)


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        (Checked, "Checked has a __post_init__"),
        (Listed, "Listed: words would not be set"),
        (Counted, "Counted: words would not be set"),
    ],
)
def test_what_would_be_left_out_is_refused(kind: type, says: str) -> None:
    with pytest.raises(TypeError, match=says):
        frozen(kind)
