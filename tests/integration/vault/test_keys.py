"""One key for each subject and group, whoever asks first; and the key that wraps them all."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from domain.sealed import Clear, Group, Personal
from infra.clock import SystemClock
from infra.errors import IntegrityFault
from infra.migrate import KEYS, migrate
from infra.postgres import Pool, connect
from infra.vault import Vault
from infra.vault.keystore import KeyStore, Owner
from infra.vault.ring import KEPT_S, KeyRing
from infra.vault.sealing import Key
from tests.integration.vault.conftest import KEK, Setting, run

CONTRACT = Personal("customer_id", "contract")


def test_two_processes_that_make_a_key_at_once_get_the_same_one(setting: Setting) -> None:
    vaults = [setting.vault() for _ in range(4)]
    subjects = [uuid4() for _ in range(8)]
    barrier = Barrier(32)

    def seal(n: int) -> None:
        barrier.wait(timeout=20)
        setting.write(vaults[n % 4].seal(Clear(f"text {n}"), CONTRACT, subjects[n // 4])[1])

    with ThreadPoolExecutor(32) as threads:
        list(threads.map(seal, range(32)))

    assert setting.in_keys("select count(*), count(distinct subject) from keys.kept") == [(8, 8)]
    for n, subject in enumerate(subjects):
        shown = setting.vault().show(subject, "a test", "clerk-1")
        assert {each.text for each in shown} == {f"text {4 * n + m}" for m in range(4)}


def test_callers_that_come_together_share_a_round_trip(setting: Setting) -> None:
    ring = KeyRing(store := CountingStore(setting))
    subjects = [uuid4() for _ in range(64)]
    barrier = Barrier(64)

    def ask(subject: UUID) -> Key:
        barrier.wait(timeout=20)
        return ring.key(subject, "contract")

    with ThreadPoolExecutor(64) as threads:
        keys = list(threads.map(ask, subjects))

    assert [key.subject for key in keys] == subjects
    assert store.calls < 32
    store.close()


def test_a_batch_makes_its_keys_in_one_round_trip(setting: Setting) -> None:
    ring = KeyRing(store := CountingStore(setting))
    groups: tuple[Group, Group] = ("contract", "contact")
    owners = [(uuid4(), group) for _ in range(100) for group in groups]
    ring.ensure(owners)
    for subject, group in owners:
        ring.key(subject, group)
    assert store.calls == 1
    store.close()


def test_a_key_is_kept_for_a_minute(setting: Setting) -> None:
    elapsed = 0.0
    ring = KeyRing(store := CountingStore(setting), elapsed=lambda: elapsed)
    anna = uuid4()
    first = ring.key(anna, "contract")
    elapsed = KEPT_S
    ring.key(anna, "contract")
    assert store.calls == 1
    elapsed = KEPT_S + 0.1
    assert ring.key(anna, "contract") == first
    assert store.calls == 2
    store.close()


def test_a_fault_reaches_every_caller_and_passes(setting: Setting) -> None:
    store = CountingStore(setting)
    ring = KeyRing(store)
    setting.in_keys("revoke execute on function keys.make from carnet_keeper")
    barrier = Barrier(8)

    def ask(_: int) -> BaseException | None:
        barrier.wait(timeout=20)
        try:
            ring.key(uuid4(), "contract")
        except Exception as fault:
            return fault
        return None

    with ThreadPoolExecutor(8) as threads:
        faults = list(threads.map(ask, range(8)))
    assert all("does not let this login" in str(fault) for fault in faults)

    setting.in_keys("grant execute on function keys.make to carnet_keeper")
    assert ring.key(uuid4(), "contract")
    store.close()


def test_a_lost_connection_is_made_anew(setting: Setting) -> None:
    vault, anna = setting.vault(), uuid4()
    sealed = setting.keep(vault, anna, "Anna Marker")
    for database in (setting.keys, setting.book):
        with psycopg.connect(database) as server:
            server.execute(
                """select pg_terminate_backend(pid, 5000) from pg_stat_activity
                where datname = current_database() and pid <> pg_backend_pid()
                and application_name in ('carnet-keeper', 'carnet-writer')"""
            )
    assert vault.seal(Clear("more"), CONTRACT, uuid4())
    assert vault.open(sealed, purpose="a test", actor="clerk-1") == "Anna Marker"


def test_another_key_encryption_key_is_a_fault_and_no_erasure(setting: Setting) -> None:
    setting.keep(setting.vault(), uuid4(), "Anna Marker")
    with pytest.raises(IntegrityFault, match="does not open the keys database"):
        setting.vault(kek=bytes(32))


def test_a_new_keys_database_does_not_serve_an_old_book(
    setting: Setting, new_keys: Callable[[], str]
) -> None:
    """Nothing need be sealed: the digests of commands are keyed by the vault too."""
    setting.vault()
    new = new_keys()
    with pytest.raises(IntegrityFault, match=rf"{name(new)} is new, but the order book {name(setting.book)}"):
        Vault(kek=KEK, keys=new, book=setting.book, clock=SystemClock())
    assert run(new, "select count(*) from keys.secrets", ()) == [(0,)]


def test_the_keys_of_another_book_are_refused(setting: Setting, new_keys: Callable[[], str]) -> None:
    """Under them the look-ups would differ: one VIN could be given to two vehicles, and nobody would see it."""
    other = Setting(setting.book, new_keys(), setting.log)
    KeyStore(pool := Pool(other.keys, "carnet_keeper", size=1), KEK, SystemClock()).make_root()
    pool.close()
    setting.vault()

    says = rf"{name(other.keys)} holds the keys of another order book than {name(setting.book)}\."
    with pytest.raises(IntegrityFault, match=says) as refused:
        other.vault()
    assert "CARNET_KEYS_DATABASE" in refused.value.hint
    assert setting.vault().digest_key()


def test_of_two_keys_databases_at_once_one_serves_the_book(
    setting: Setting, new_keys: Callable[[], str]
) -> None:
    settings = [Setting(setting.book, new_keys(), setting.log) for _ in range(4)]
    barrier = Barrier(4)

    def open_vault(each: Setting) -> bool:
        barrier.wait(timeout=20)
        try:
            each.vault().close()
        except IntegrityFault:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        served = list(threads.map(open_vault, settings))
    assert sorted(served) == [False, False, False, True]


def test_keys_restored_from_a_backup_serve_the_book(setting: Setting, new_keys: Callable[[], str]) -> None:
    sealed = setting.keep(setting.vault(), uuid4(), "Anna Marker")
    restored = Setting(setting.book, new_keys(), setting.log)
    for table, columns in (("secrets", 2), ("kept", 6)):
        for row in setting.in_keys(f"select * from keys.{table}"):
            values = ", ".join(["%s"] * columns)
            restored.in_keys(f"insert into keys.{table} values ({values})", *row)

    vault = restored.vault()
    assert vault.open(sealed, purpose="a test", actor="clerk-1") == "Anna Marker"
    vault.close()


def test_which_vault_it_was_stays_written(setting: Setting) -> None:
    setting.vault()
    first = setting.in_book("select fingerprint from vault.root")
    with connect(setting.book, "carnet_writer") as connection:
        assert connection.execute("select vault.claim(%s)", [bytes(32)]).fetchone() == first[0]
        for change in ("insert into vault.root values (true, '')", "delete from vault.root"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(change.encode())
    assert setting.in_book("select fingerprint from vault.root") == first


def test_every_process_derives_the_same_keys(setting: Setting) -> None:
    with ThreadPoolExecutor(4) as threads:
        vaults = list(threads.map(lambda _: setting.vault(), range(4)))
    assert len({vault.digest_key() for vault in vaults}) == 1
    assert len(vaults[0].digest_key()) == 32


def test_a_database_without_its_schema_is_named(setting: Setting) -> None:
    with pytest.raises(IntegrityFault, match="holds no keys of a vault"):
        Vault(kek=KEK, keys=setting.book, book=setting.book, clock=SystemClock())


def test_migrating_twice_changes_nothing(setting: Setting) -> None:
    assert migrate(setting.keys, KEYS) == []


def name(conninfo: str) -> str:
    return str(conninfo_to_dict(conninfo)["dbname"])


class CountingStore(KeyStore):
    """Counts the round trips that make keys."""

    def __init__(self, setting: Setting) -> None:
        self.calls = 0
        self._own = Pool(setting.keys, "carnet_keeper", size=1)
        super().__init__(self._own, KEK, SystemClock())

    def make(self, owners: list[Owner]) -> dict[Owner, Key]:  # type: ignore[override] # the ring hands over a list
        self.calls += 1
        return super().make(owners)

    def close(self) -> None:
        self._own.close()
