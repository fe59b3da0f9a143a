"""The embedded servers are real: they start, survive `kill -9`, keep their data, and refuse what is wrong."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import psycopg
import pytest
from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import NewTopic

from infra.embedded.jars import class_path, locked
from infra.embedded.java import java
from infra.embedded.kafka import new_cluster_id
from infra.embedded.processes import wait_until
from infra.embedded.servers import Embedded, Servers, Status
from infra.errors import AlreadyRunning, InputError, IntegrityFault, KafkaFault
from infra.settings import read

PATIENCE_S = 60.0


@pytest.fixture(scope="module")
def house() -> Iterator[Embedded]:
    with TemporaryDirectory(prefix="carnet-test-") as folder:
        yield Embedded(Path(folder), cache=read().cache)


@pytest.fixture(scope="module")
def servers(house: Embedded) -> Iterator[Servers]:
    with house.running() as servers:
        with psycopg.connect(servers.postgres) as connection:
            connection.execute("create table kept (what text)")
        admin = KafkaAdminClient(bootstrap_servers=servers.kafka)
        admin.create_topics([NewTopic(name="kept", num_partitions=1, replication_factor=1)])
        admin.close()
        yield servers


def status(house: Embedded, name: str) -> Status:
    return next(status for status in house.status() if status.name == name)


def kill(house: Embedded, name: str) -> None:
    pid = status(house, name).pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: status(house, name).state == "dead", seconds=PATIENCE_S)


def remember(servers: Servers, what: str) -> None:
    with psycopg.connect(servers.postgres) as connection:
        connection.execute("insert into kept values (%s)", [what])


def remembered(servers: Servers) -> list[str]:
    with psycopg.connect(servers.postgres) as connection:
        return [str(row[0]) for row in connection.execute("select what from kept order by what")]


def publish(servers: Servers, *values: bytes, commit: bool) -> None:
    producer = KafkaProducer(bootstrap_servers=servers.kafka, transactional_id="test", acks="all")
    producer.init_transactions()
    producer.begin_transaction()
    for value in values:
        producer.send("kept", key=b"key", value=value).get(timeout=PATIENCE_S)
    if commit:
        producer.commit_transaction()
    else:
        producer.abort_transaction()
    producer.close()


def published(house: Embedded, count: int) -> list[str]:
    """What Kafka's own console consumer reads: `key value` a line."""
    command = [*house.console_consumer("kept"), "--max-messages", str(count)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=PATIENCE_S)
    return done.stdout.splitlines()


def test_postgresql_is_durable(servers: Servers) -> None:
    with psycopg.connect(servers.postgres) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert connection.execute(f"show {setting}").fetchone() == ("on",)
        assert connection.info.server_version // 10_000 == 18


def test_nothing_listens_beyond_this_machine(servers: Servers, house: Embedded) -> None:
    listening = {
        name: {
            connection.laddr.ip.removeprefix("::ffff:")
            for connection in psutil.Process(status(house, name).pid).net_connections("inet")
            if connection.status == psutil.CONN_LISTEN
        }
        for name in ("postgres", "kafka")
    }
    assert listening == {"postgres": set(), "kafka": {"127.0.0.1"}}


def test_a_second_start_reports_the_running_ones(servers: Servers, house: Embedded) -> None:
    before = house.status()
    assert house.start() == servers
    assert house.status() == before


def test_bound_servers_want_a_folder_of_their_own(servers: Servers, house: Embedded) -> None:
    with pytest.raises(AlreadyRunning, match=r"run in .* already"), house.running():
        pass


def test_postgresql_comes_back_after_kill_9(servers: Servers, house: Embedded) -> None:
    remember(servers, "before kill")
    kill(house, "postgres")
    assert house.ensure() == ["postgres"]
    assert "before kill" in remembered(servers)


def test_kafka_comes_back_after_kill_9_on_the_same_port(servers: Servers, house: Embedded) -> None:
    publish(servers, b"aborted", commit=False)
    publish(servers, b"1", b"2", commit=True)
    kill(house, "kafka")
    assert house.ensure() == ["kafka"]
    assert status(house, "kafka").address == servers.kafka
    assert published(house, 2) == ["key\t1", "key\t2"]


def test_a_stop_keeps_data_and_port(servers: Servers, house: Embedded) -> None:
    remember(servers, "before stop")
    assert house.stop() == ["postgres", "kafka"]
    assert [status.state for status in house.status()] == ["stopped", "stopped"]
    assert house.start() == servers
    assert "before stop" in remembered(servers)


def test_a_taken_port_is_left_to_its_owner(servers: Servers, house: Embedded) -> None:
    house.stop("kafka")
    with socket.socket() as squatter:
        host, _, port = servers.kafka.partition(":")
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        squatter.bind((host, int(port)))
        squatter.listen()
        moved = house.start("kafka")
    assert moved.kafka != servers.kafka
    assert published(house, 2) == ["key\t1", "key\t2"]


def test_anybody_can_reach_them(servers: Servers, house: Embedded) -> None:
    ways = dict(house.reach("carnet"))
    psql = ways["psql"].replace("dbname=carnet", "dbname=postgres")
    done = subprocess.run(
        f"{psql} -Atc 'select 40 + 2'", shell=True, check=True, capture_output=True, text=True
    )
    assert done.stdout == "42\n"
    done = subprocess.run(ways["Kafka topics"], shell=True, check=True, capture_output=True, text=True)
    assert "kept" in done.stdout.split()


def test_a_kafka_that_cannot_start_shows_the_end_of_its_log(servers: Servers, house: Embedded) -> None:
    house.stop("kafka")
    properties = house.data / "kafka" / "topics" / "meta.properties"
    right = properties.read_text()
    properties.write_text(right.replace("node.id=1", "node.id=7"))
    try:
        with pytest.raises(KafkaFault, match=r"(?s)stopped while it started.*node.id 7") as fault:
            house.start("kafka")
    finally:
        properties.write_text(right)
    assert fault.value.exit_code == 7
    assert status(house, "kafka").state == "stopped"
    assert status(house, "postgres").state == "running"


def test_a_supervisor_starts_again_what_died(server_data: Path) -> None:
    house = Embedded(server_data, cache=read().cache)
    house.start("postgres", supervised=True)
    try:
        first = status(house, "postgres").pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        assert wait_until(lambda: status(house, "postgres").pid not in {None, first}, seconds=PATIENCE_S)
    finally:
        assert house.stop() == ["postgres"]
    assert status(house, "postgres").state == "stopped"


def test_bound_servers_stop_with_their_owner_even_by_kill_9(server_data: Path) -> None:
    script = """
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from infra.embedded.servers import Embedded
with Embedded(Path(sys.argv[1]), cache=Path(sys.argv[2])).running("postgres"):
    print("running", flush=True)
    sys.stdin.read()
"""
    house = Embedded(server_data, cache=read().cache)
    command = [sys.executable, "-c", script, str(server_data), str(read().cache)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "running\n"
        assert status(house, "postgres").state == "running"
        owner.kill()
    assert wait_until(lambda: status(house, "postgres").state == "stopped", seconds=PATIENCE_S)


def test_two_that_start_at_once_start_one(server_data: Path) -> None:
    houses = [Embedded(server_data, cache=read().cache) for _ in range(2)]
    try:
        with ThreadPoolExecutor() as pool:
            one, other = pool.map(lambda house: house.start("postgres"), houses)
        assert one == other
        assert houses[0].status() == houses[1].status()
    finally:
        assert houses[0].stop() == ["postgres"]


def test_a_long_path_moves_the_socket(server_data: Path) -> None:
    with Embedded(server_data / ("long" * 25), cache=read().cache).running("postgres") as servers:
        psycopg.connect(servers.postgres).close()
        assert str(server_data) not in servers.postgres


def test_a_jar_that_is_not_the_locked_one_is_refused(server_data: Path) -> None:
    class_path(read().cache / "kafka")
    cache = server_data / "cache"
    shutil.copytree(read().cache / "kafka", cache / "kafka", copy_function=os.link)
    jar = cache / "kafka" / locked()[0].path
    content = jar.read_bytes()
    jar.unlink()
    jar.write_bytes(content + b"one more byte")
    house = Embedded(server_data / "data", cache=cache)
    with pytest.raises(IntegrityFault, match=jar.name) as fault:
        house.start()
    assert fault.value.exit_code == 8
    assert [status.state for status in house.status()] == ["stopped", "stopped"]


def test_an_old_java_is_refused(tmp_path: Path) -> None:
    old = tmp_path / "java"
    old.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
    old.chmod(0o700)
    with pytest.raises(InputError, match=r"is Java 11; Kafka needs 17\. Name the binary"):
        Embedded(tmp_path / "data", cache=read().cache, java=old).start("kafka")


@pytest.mark.parametrize(("told", "named"), [('"1.8.0_392"', "Java 8"), ("nothing", "does not answer")])
def test_what_is_no_java_is_refused(tmp_path: Path, told: str, named: str) -> None:
    other = tmp_path / "java"
    other.write_text(f"#!/bin/sh\necho 'java version {told}' >&2\n")
    other.chmod(0o700)
    with pytest.raises(InputError, match=named):
        java(other)
    with pytest.raises(InputError, match="cannot be run: No such file"):
        java(tmp_path / "none")


def test_a_cluster_id_is_never_taken_for_an_option() -> None:
    assert not any(new_cluster_id().startswith("-") for _ in range(1000))


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"file/data cannot be made: Not a directory\. Name another"):
        Embedded(tmp_path / "file" / "data", cache=read().cache).start()
