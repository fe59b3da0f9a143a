"""An erased subject is gone everywhere, for ever, wherever the erasure was stopped."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from uuid import UUID, uuid4

import psycopg
import pytest

from domain.sealed import Clear, Personal, Sealed
from infra.errors import InputError, NotFound
from infra.item import Appended
from infra.vault import Erased, SubjectErased, Vault
from tests.integration.vault.conftest import Setting

CONTRACT = Personal("customer_id", "contract")
VIN = Personal("vehicle_id", "vehicle", unique=True)
STEPS = ("fence", "destroy", "delete")


def test_an_erased_subject_shows_as_erased(setting: Setting) -> None:
    vault, anna = setting.vault(), uuid4()
    sealed = setting.keep(vault, anna, "Anna Marker")
    setting.keep(vault, anna, "anna@example.org", "contact")

    receipt = vault.erase(anna, actor="officer-1", reason="Art. 17 request")

    assert (receipt.subject, receipt.blobs, receipt.lookups) == (anna, 2, 0)
    assert [(key.group, key.incarnation) for key in receipt.keys] == [("contact", 1), ("contract", 1)]
    assert all(key.destroyed_at for key in receipt.keys)
    for reader in (vault, setting.vault()):
        assert_erased(reader, sealed)
    assert setting.in_book("select actor, purpose, what from vault.access where what = 'erase'") == [
        ("officer-1", "Art. 17 request", "erase")
    ]
    assert setting.in_book("select subject, actor, reason from vault.erased") == [
        (anna, "officer-1", "Art. 17 request")
    ]


def test_others_stay_readable(setting: Setting) -> None:
    vault, anna = setting.vault(), uuid4()
    bert = setting.keep(vault, uuid4(), "Bert Marker")
    setting.keep(vault, anna, "Anna Marker")
    vault.erase(anna, actor="officer-1")
    assert vault.open(bert, purpose="a test", actor="clerk-1") == "Bert Marker"


def test_erasing_twice_gives_the_same_receipt(setting: Setting) -> None:
    vault, anna = setting.vault(), uuid4()
    setting.keep(vault, anna, "Anna Marker")
    receipt = vault.erase(anna, actor="officer-1")
    assert setting.vault().erase(anna, actor="officer-2") == receipt


def test_an_unknown_subject_is_not_found_and_leaves_no_tombstone(setting: Setting) -> None:
    with pytest.raises(NotFound):
        setting.vault().erase(uuid4(), actor="officer-1")
    assert setting.in_keys("select * from keys.tombstones") == []


def test_an_erasure_without_a_reason_is_refused(setting: Setting) -> None:
    vault, anna = setting.vault(), uuid4()
    sealed = setting.keep(vault, anna, "Anna Marker")
    with pytest.raises(InputError):
        vault.erase(anna, actor="officer-1", reason=" ")
    assert vault.open(sealed, purpose="a test", actor="clerk-1") == "Anna Marker"


@pytest.mark.parametrize("steps", [STEPS[:n] for n in range(1, 4)], ids=lambda steps: f"after {steps[-1]}")
def test_an_erasure_that_was_stopped_can_be_finished(setting: Setting, steps: tuple[str, ...]) -> None:
    sealed = setting.keep(setting.vault(), uuid4(), "Anna Marker")
    begin_to_erase(setting.vault(), sealed.subject, steps)

    assert_erased(setting.vault(), sealed)
    receipt = setting.vault().erase(sealed.subject, actor="officer-2", reason="again")

    assert_erased(setting.vault(), sealed)
    assert receipt.blobs == 1
    assert setting.in_keys("select actor from keys.tombstones") == [("officer-1",)]
    assert setting.in_keys("select count(*) from keys.kept where wrapped is not null") == [(0,)]
    assert setting.in_book("select count(*) from vault.sealed") == [(0,)]


def test_nothing_is_sealed_for_an_erased_subject(setting: Setting) -> None:
    vault, anna = setting.vault(), uuid4()
    setting.keep(vault, anna, "Anna Marker")
    vault.erase(anna, actor="officer-1")
    for writer in (vault, setting.vault()):
        with pytest.raises(SubjectErased, match=f"{anna} was erased"):
            writer.seal(Clear("Anna again"), CONTRACT, anna)
        with pytest.raises(SubjectErased):
            writer.seal(Clear("a group it never had"), Personal("customer_id", "service"), anna)
        with pytest.raises(SubjectErased):
            writer.seal_bytes(b"Anna again", anna)


def test_what_another_process_sealed_meanwhile_is_left_out(setting: Setting) -> None:
    """Its cached key outlives the erasure for a minute; what it seals must not reach the vault."""
    other, car = setting.vault(), uuid4()
    _, row = other.seal(Clear("WVWZZZ1JZ3W386752"), VIN, car)
    setting.vault().erase(car, actor="officer-1")

    assert isinstance(setting.write(row), Appended)
    assert setting.in_book("select count(*) from vault.sealed") == [(0,)]
    assert setting.in_book("select count(*) from vault.lookup") == [(0,)]


def test_an_erased_unique_text_is_free_again(setting: Setting) -> None:
    vault, car, next_car = setting.vault(), uuid4(), uuid4()
    setting.write(vault.seal(Clear("WVWZZZ1JZ3W386752"), VIN, car)[1])
    assert vault.erase(car, actor="officer-1").lookups == 1
    assert vault.find("vehicle", "WVWZZZ1JZ3W386752", purpose="a test", actor="clerk-1") is None
    assert isinstance(setting.write(vault.seal(Clear("WVWZZZ1JZ3W386752"), VIN, next_car)[1]), Appended)


def test_erasing_races_sealing_and_wins(setting: Setting) -> None:
    sealers, anna = [setting.vault() for _ in range(3)], uuid4()
    setting.keep(sealers[0], anna, "Anna Marker")
    begun, stop = Barrier(4), Event()

    def seal_on(vault: Vault) -> None:
        begun.wait(timeout=20)
        while not stop.is_set():
            try:
                setting.write(vault.seal(Clear("Anna again"), CONTRACT, anna)[1])
            except SubjectErased:
                return

    with ThreadPoolExecutor(3) as threads:
        sealing = [threads.submit(seal_on, vault) for vault in sealers]
        begun.wait(timeout=20)
        setting.vault().erase(anna, actor="officer-1")
        stop.set()
        for each in sealing:
            each.result(timeout=20)

    assert setting.in_book("select count(*) from vault.sealed") == [(0,)]
    assert setting.in_keys("select count(*) from keys.kept where wrapped is not null") == [(0,)]


def test_a_keys_database_from_a_backup_revives_nobody(setting: Setting) -> None:
    vault, anna = setting.vault(), uuid4()
    sealed = setting.keep(vault, anna, "Anna Marker")
    ((wrapped,),) = setting.in_keys("select wrapped from keys.kept")
    vault.erase(anna, actor="officer-1")

    setting.in_keys("alter table keys.tombstones disable trigger all")
    setting.in_keys("alter table keys.kept disable trigger all")
    setting.in_keys("delete from keys.tombstones")
    setting.in_keys("update keys.kept set wrapped = %s, destroyed_at = null", wrapped)

    assert_erased(setting.vault(), sealed)
    setting.vault().erase(anna, actor="officer-1")
    assert setting.in_keys("select wrapped from keys.kept") == [(None,)]


@pytest.mark.parametrize(
    "statement",
    [
        "delete from keys.tombstones",
        "update keys.tombstones set subject = gen_random_uuid()",
        "truncate keys.tombstones",
        "delete from keys.kept",
        r"update keys.kept set wrapped = '\x00', destroyed_at = null",
    ],
)
def test_the_database_itself_refuses_to_revive(setting: Setting, statement: str) -> None:
    vault, anna = setting.vault(), uuid4()
    setting.keep(vault, anna, "Anna Marker")
    vault.erase(anna, actor="officer-1")
    with psycopg.connect(setting.keys) as owner, pytest.raises(psycopg.Error, match="is refused"):
        owner.execute(statement.encode())


def begin_to_erase(vault: Vault, subject: UUID, steps: tuple[str, ...]) -> None:
    """The first steps of an erasure, as a process does them that is then stopped."""
    eraser = vault.eraser
    if "fence" in steps:
        eraser.store.fence(subject, actor="officer-1", reason="Art. 17 request")
    if "destroy" in steps:
        eraser.store.destroy(subject)
    if "delete" in steps:
        eraser.shelf.erase(subject, now=eraser.clock.now(), actor="officer-1", reason="Art. 17 request")


def assert_erased(vault: Vault, sealed: Sealed) -> None:
    """Whichever way one reads."""
    assert isinstance(vault.open(sealed, purpose="a test", actor="clerk-1"), Erased)
    shown = vault.show(sealed.subject, "a test", "clerk-1")
    assert shown
    assert all(isinstance(each.text, Erased) and each.sealed_id is None for each in shown)
