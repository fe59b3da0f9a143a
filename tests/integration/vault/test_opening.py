"""Who may read, what is recorded, and what is a fault and no erasure."""

from uuid import uuid4

import pytest

from domain.sealed import Clear, Personal, Sealed
from infra.errors import InputError, IntegrityFault, NotFound
from infra.item import Appended, Taken
from infra.vault import Shown
from tests.integration.vault.conftest import Setting

VIN = Personal("vehicle_id", "vehicle", unique=True)


def test_each_subject_shows_its_own_texts(setting: Setting) -> None:
    vault = setting.vault()
    anna, bert = uuid4(), uuid4()
    contact = setting.keep(vault, anna, "anna@example.org", "contact")
    contract = setting.keep(vault, anna, "Anna Marker")
    setting.keep(vault, bert, "Bert Marker")

    assert vault.show(anna, "a letter came back", "clerk-1") == [
        Shown("contact", contact.id, "anna@example.org"),
        Shown("contract", contract.id, "Anna Marker"),
    ]


def test_another_process_opens_it(setting: Setting) -> None:
    sealed = setting.keep(setting.vault(), uuid4(), "Anna Marker, Žižkov")
    assert setting.vault().open(sealed, purpose="the handover", actor="clerk-2") == "Anna Marker, Žižkov"


def test_who_looked_and_why_is_recorded(setting: Setting) -> None:
    vault, anna = setting.vault(), uuid4()
    sealed = setting.keep(vault, anna, "Anna Marker")
    vault.show(anna, "a letter came back", "clerk-1")
    vault.open(sealed, purpose="the handover", actor="clerk-2")

    assert setting.in_book("select subject, actor, purpose, what from vault.access order by at") == [
        (anna, "clerk-1", "a letter came back", "show"),
        (anna, "clerk-2", "the handover", f"open {sealed.id}"),
    ]


@pytest.mark.parametrize(("purpose", "actor"), [("", "clerk-1"), ("  ", "clerk-1"), ("a letter", "")])
def test_nobody_looks_without_a_purpose_or_a_name(setting: Setting, purpose: str, actor: str) -> None:
    vault, anna = setting.vault(), uuid4()
    sealed = setting.keep(vault, anna, "Anna Marker")
    with pytest.raises(InputError):
        vault.show(anna, purpose, actor)
    with pytest.raises(InputError):
        vault.open(sealed, purpose=purpose, actor=actor)
    with pytest.raises(InputError):
        vault.find("vehicle", "X", purpose=purpose, actor=actor)
    assert setting.in_book("select * from vault.access") == []


def test_an_access_that_cannot_be_recorded_shows_nothing(setting: Setting) -> None:
    vault, anna = setting.vault(), uuid4()
    setting.keep(vault, anna, "Anna Marker")
    setting.in_book("revoke insert on vault.access from carnet_writer")
    with pytest.raises(Exception, match="does not let this login") as refused:
        vault.show(anna, "curiosity", "clerk-1")
    assert "Anna" not in str(refused.value)


def test_an_unknown_subject_is_not_found(setting: Setting) -> None:
    with pytest.raises(NotFound, match="nothing about subject"):
        setting.vault().show(uuid4(), "a letter came back", "clerk-1")


def test_a_unique_text_finds_its_subject(setting: Setting) -> None:
    vault, car = setting.vault(), uuid4()
    _, row = vault.seal(Clear("WVWZZZ1JZ3W386752"), VIN, car)
    setting.write(row)
    assert vault.find("vehicle", "wvwzzz1jz3w386752 ", purpose="a recall", actor="clerk-1") == car
    assert vault.find("vehicle", "WVWZZZ1JZ3W386753", purpose="a recall", actor="clerk-1") is None
    assert setting.in_book("select subject, what from vault.access") == [(car, "find by vehicle")]


def test_a_unique_text_has_one_subject(setting: Setting) -> None:
    vault, car = setting.vault(), uuid4()
    _, first = vault.seal(Clear("WVWZZZ1JZ3W386752"), VIN, car)
    _, again = vault.seal(Clear("WVWZZZ1JZ3W386752"), VIN, car)
    _, other = setting.vault().seal(Clear("WVWZZZ1JZ3W386752"), VIN, uuid4())
    assert isinstance(setting.write(first), Appended)
    assert setting.write(other) == Taken(car)
    assert isinstance(setting.write(again), Appended)


def test_a_unique_text_told_again_of_its_subject_is_known(setting: Setting) -> None:
    vault, car, vin = setting.vault(), uuid4(), Clear("WVWZZZ1JZ3W386752")
    assert vault.known(vin, VIN, car) is None
    sealed, row = vault.seal(vin, VIN, car)
    setting.write(row)
    known = setting.vault().known(vin, VIN, car)
    assert known is not None
    assert (known.id, known.sha256) == (sealed.id, sealed.sha256)
    assert vault.known(Clear("WVWZZZ1JZ3W386753"), VIN, car) is None
    assert vault.known(vin, VIN, uuid4()) is None
    assert vault.known(vin, Personal("vehicle_id", "vehicle"), car) is None
    assert setting.in_book("select * from vault.access") == []


def test_of_two_unique_texts_of_one_subject_each_is_known(setting: Setting) -> None:
    vault, car = setting.vault(), uuid4()
    texts = [Clear("WVWZZZ1JZ3W386752"), Clear("WVWZZZ1JZ3W386753")]
    for text in texts:
        sealed, row = vault.seal(text, VIN, car)
        setting.write(row)
        assert vault.known(text, VIN, car) == sealed


def test_parked_bytes_come_back(setting: Setting) -> None:
    vault, message = setting.vault(), uuid4()
    row = vault.seal_bytes(b"\x00\x00\x00\x00\x07\xff payload", message)
    setting.write(row)
    assert vault.open_bytes(row.id) == b"\x00\x00\x00\x00\x07\xff payload"
    assert setting.in_book("select subject, actor from vault.access") == [(message, "carnet")]
    with pytest.raises(NotFound):
        vault.open_bytes(uuid4())


def test_a_damaged_blob_is_a_fault_and_no_erasure(setting: Setting) -> None:
    vault, anna = setting.vault(), uuid4()
    sealed = setting.keep(vault, anna, "Anna Marker")
    setting.in_book("update vault.sealed set blob = set_byte(blob, 30, 255 - get_byte(blob, 30))")
    assert_fault(setting, sealed, f"{sealed.id} is not what was sealed")


def test_a_blob_of_somebody_else_is_a_fault(setting: Setting) -> None:
    vault, anna, bert = setting.vault(), uuid4(), uuid4()
    sealed = setting.keep(vault, anna, "Anna Marker")
    setting.keep(vault, bert, "Bert Marker")
    setting.in_book(
        """update vault.sealed a set blob = b.blob, sha256 = b.sha256
        from vault.sealed b where a.subject = %s and b.subject = %s""",
        anna,
        bert,
    )
    assert_fault(setting, sealed, f"{sealed.id} is not what was sealed")


def test_a_missing_blob_is_a_fault(setting: Setting) -> None:
    vault = setting.vault()
    sealed = setting.keep(vault, uuid4(), "Anna Marker")
    setting.in_book("delete from vault.sealed")
    with pytest.raises(IntegrityFault, match="is not what was sealed"):
        vault.open(sealed, purpose="the handover", actor="clerk-1")


def test_a_blob_under_another_hash_than_the_events_is_a_fault(setting: Setting) -> None:
    vault = setting.vault()
    sealed = setting.keep(vault, uuid4(), "Anna Marker")
    told = Sealed(sealed.id, sealed.subject, sealed.group, "00" * 32)
    with pytest.raises(IntegrityFault):
        vault.open(told, purpose="the handover", actor="clerk-1")


def test_a_missing_key_is_a_fault(setting: Setting) -> None:
    sealed = setting.keep(setting.vault(), uuid4(), "Anna Marker")
    setting.in_keys("alter table keys.kept disable trigger all")
    setting.in_keys("delete from keys.kept")
    assert_fault(setting, sealed, "nobody erased")


def test_a_key_gone_without_a_tombstone_is_a_fault(setting: Setting) -> None:
    sealed = setting.keep(setting.vault(), uuid4(), "Anna Marker")
    setting.in_keys("update keys.kept set wrapped = null, destroyed_at = now()")
    assert_fault(setting, sealed, "nobody erased")
    with pytest.raises(IntegrityFault, match="nobody erased"):
        setting.vault().seal(Clear("more"), Personal("customer_id", "contract"), sealed.subject)


def assert_fault(setting: Setting, sealed: Sealed, says: str) -> None:
    """Whichever way one reads."""
    vault = setting.vault()
    with pytest.raises(IntegrityFault, match=says):
        vault.open(sealed, purpose="the handover", actor="clerk-1")
    with pytest.raises(IntegrityFault, match=says):
        vault.show(sealed.subject, "the handover", "clerk-1")
