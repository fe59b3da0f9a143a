"""Consumers that are killed, doubled or cut off: afterwards nothing is missing and nothing is doubled."""

import signal
from collections.abc import Callable
from functools import partial
from random import Random
from uuid import UUID

import pytest

from infra.embedded.processes import wait_until
from infra.embedded.servers import Embedded
from infra.errors import KafkaFault, PostgresFault
from infra.settings import read
from tests.integration.consumers.conftest import SECONDS, Scene, make_topics, opened


def pay_all(scene: Scene, orders: list[UUID], each: int, *, first: int = 0) -> None:
    for n in range(first, first + each):
        for order in orders:
            scene.pay(order, f"p-{n}")
    scene.sent_all()


def told(each: int) -> list[str]:
    return [f"p-{n}" for n in range(each)]


def total(scene: Scene) -> int:
    return int(scene.rows("select count(*) from carnet.events where name = 'PaymentReceived'")[0][0])


def reached(scene: Scene, goal: int) -> bool:
    return total(scene) >= goal


def test_killed_between_decision_and_commit_it_repeats_nothing(scene: Scene) -> None:
    """About to write, and having just written: the offset in Kafka knows of neither."""
    orders = [scene.reserve() for _ in range(20)]
    pay_all(scene, orders, 10)
    for before, after in ((10, 0), (0, 15)):
        process = scene.start("payments", before=before, after=after)
        _, said = process.communicate(timeout=SECONDS)
        assert process.returncode == -signal.SIGKILL, said
    assert 0 < total(scene) < 200
    scene.taken("payments")
    assert [scene.payments(order) for order in orders] == [told(10)] * 20
    assert scene.parked() == []


def test_killed_anywhere_it_repeats_nothing(scene: Scene) -> None:
    orders = [scene.reserve(deposit=5_000_000) for _ in range(40)]
    pay_all(scene, orders, 40)
    dice = Random(11)
    for _ in range(2):
        goal = min(1500, total(scene) + dice.randrange(50, 400))
        process = scene.start("payments,factory")
        assert wait_until(partial(reached, scene, goal), seconds=SECONDS)
        process.kill()
        process.communicate(timeout=SECONDS)
    assert total(scene) < 1600
    scene.taken("payments", "factory")
    assert [scene.payments(order) for order in orders] == [told(40)] * 40
    assert scene.parked() == []


def test_terminated_it_finishes_what_it_took_and_leaves_the_group(scene: Scene) -> None:
    orders = [scene.reserve() for _ in range(20)]
    pay_all(scene, orders, 20)
    process = scene.start("payments")
    assert wait_until(lambda: total(scene) > 50, seconds=SECONDS)
    process.terminate()
    _, said = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, said
    scene.taken("payments")
    assert [scene.payments(order) for order in orders] == [told(20)] * 20


def test_members_come_and_go_and_nothing_is_doubled(scene: Scene) -> None:
    orders = [scene.reserve(deposit=5_000_000) for _ in range(40)]
    with scene.running("payments"):
        for n in range(2):
            pay_all(scene, orders, 20, first=40 * n)
            other = scene.start("payments")
            assert wait_until(lambda: scene.members() == 2, seconds=SECONDS)
            pay_all(scene, orders, 20, first=40 * n + 20)
            other.terminate()
            _, said = other.communicate(timeout=SECONDS)
            assert other.returncode == 0, said
        assert wait_until(lambda: total(scene) == 3200, seconds=SECONDS)
    assert [scene.payments(order) for order in orders] == [told(80)] * 40
    assert scene.parked() == []


def test_a_second_process_for_policies_names_the_first(scene: Scene) -> None:
    first = scene.start("policies")
    wanted = "select count(*) from pg_stat_activity where application_name like 'carnet consume policies%%'"
    assert wait_until(lambda: scene.rows(wanted) != [(0,)], seconds=SECONDS)
    second = scene.start("policies,payments")
    _, said = second.communicate(timeout=SECONDS)
    assert second.returncode == 9, said
    assert f"process {first.pid} on " in said
    first.terminate()
    first.communicate(timeout=SECONDS)
    assert first.returncode == 0


def take_until_cut_off(scene: Scene, cut: Callable[[], object]) -> None:
    """Take payments; raise what stops it once it is cut off in the middle."""
    with scene.running("payments") as ended:
        assert wait_until(lambda: total(scene) > 50, seconds=SECONDS)
        cut()
        assert ended.wait(SECONDS)


def test_without_postgresql_it_stops_and_parks_nothing(scene: Scene) -> None:
    """The sessions are cut and none may connect, as when the server is down."""
    orders = [scene.reserve() for _ in range(20)]
    pay_all(scene, orders, 30)
    (name,) = scene.rows("select current_database()")[0]
    with pytest.raises(PostgresFault):
        take_until_cut_off(scene, lambda: scene.cut_off(name))
    scene.let_in(name)
    scene.shop.pool.forget()
    scene.taken("payments")
    assert [scene.payments(order) for order in orders] == [told(30)] * 20
    assert scene.parked() == []


def test_without_kafka_it_stops_and_parks_nothing(
    database: str, keys_database: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    servers = Embedded(tmp_path_factory.mktemp("kafka"), cache=read().cache)
    with servers.running("kafka") as running:
        make_topics(running.kafka, "")
        with opened(database, keys_database, running.kafka, "") as scene:
            orders = [scene.reserve() for _ in range(20)]
            pay_all(scene, orders, 30)
            with pytest.raises(KafkaFault, match=running.kafka):
                take_until_cut_off(scene, lambda: servers.stop("kafka"))
            servers.start("kafka")
            scene.taken("payments")
            assert [scene.payments(order) for order in orders] == [told(30)] * 20
            assert scene.parked() == []
