"""The environment is read once, whole, and strictly."""

import base64
import re
from pathlib import Path

import pytest

from infra.errors import InputError
from infra.settings import TABLE, Row, Settings, describe, key_from_file, read

HEX_KEY = "0f" * 32


def row(name: str, settings: Settings, **servers: str) -> Row:
    return next(row for row in describe(settings, servers=servers) if row.name == name)


def test_an_empty_environment_means_the_embedded_servers() -> None:
    settings = read({})
    assert (settings.postgres, settings.kafka) == ("", "")
    assert (settings.database, settings.keys_database) == ("carnet", "carnet_keys")
    assert settings.data == Path.cwd() / ".carnet"
    assert settings.partitions == 3
    assert settings.clock is None
    assert settings.given == frozenset()


def test_a_real_kafka_gets_more_partitions() -> None:
    assert read({"CARNET_KAFKA": "a.example:9092,b.example:9092"}).partitions == 12
    assert read({"CARNET_KAFKA": "a.example:9092", "CARNET_PARTITIONS": "6"}).partitions == 6


def test_an_empty_variable_is_left_out() -> None:
    assert read({"CARNET_DATABASE": ""}) == read({})


def test_the_keys_database_follows_the_database() -> None:
    assert read({"CARNET_DATABASE": "berlin"}).keys_database == "berlin_keys"
    assert read({"CARNET_DATABASE": "berlin", "CARNET_KEYS_DATABASE": "safe"}).keys_database == "safe"


def test_an_unknown_variable_names_the_nearest_setting() -> None:
    with pytest.raises(InputError, match="CARNET_KAFAK is no setting; the nearest is CARNET_KAFKA"):
        read({"CARNET_KAFAK": "localhost:9092"})


def test_variables_of_others_are_none_of_our_business() -> None:
    assert read({"KAFKA": "x", "CARNETS": "y"}) == read({})


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("CARNET_POSTGRES", "host=x nonsense"),
        ("CARNET_KAFKA", "localhost"),
        ("CARNET_DATABASE", "Robert'); drop table"),
        ("CARNET_KEYS_DATABASE", "1st"),
        ("CARNET_TOPIC_PREFIX", "a/b"),
        ("CARNET_PARTITIONS", "0"),
        ("CARNET_PARTITIONS", "twelve"),
        ("CARNET_RELAY_SHARDS", "0"),
        ("CARNET_RELAY_SHARDS", "two"),
        ("CARNET_SOURCE", "two words"),
        ("CARNET_KEK", "abc"),
        ("CARNET_CLOCK", "sundial"),
        ("CARNET_CLOCK", "file:"),
        ("CARNET_LOG", "loud"),
        ("CARNET_ACTOR", "Jane Doe"),
    ],
)
def test_a_bad_value_names_the_variable_and_what_is_accepted(variable: str, value: str) -> None:
    accepts = next(entry.accepts for entry in TABLE if entry.variable == variable)
    with pytest.raises(InputError, match=f"^{variable} is .*{re.escape(accepts)}") as fault:
        read({variable: value})
    assert fault.value.exit_code == 2


def test_a_bad_secret_is_not_repeated() -> None:
    with pytest.raises(InputError) as fault:
        read({"CARNET_KEK": "hunter2"})
    assert "hunter2" not in str(fault.value)


def test_a_key_is_hex_or_base64() -> None:
    key = bytes.fromhex(HEX_KEY)
    assert read({"CARNET_KEK": HEX_KEY}).kek == key
    assert read({"CARNET_KEK": base64.b64encode(key).decode()}).kek == key


def test_one_key_not_two() -> None:
    with pytest.raises(InputError, match="set one of them"):
        read({"CARNET_KEK": HEX_KEY, "CARNET_KEK_FILE": "key"})


def test_a_key_file_is_read_if_it_is_ours_alone(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(HEX_KEY + "\n")
    file.chmod(0o640)
    with pytest.raises(InputError, match=r"has mode 0640: others can open it. Run `chmod 600"):
        key_from_file(file)
    file.chmod(0o600)
    assert key_from_file(file) == bytes.fromhex(HEX_KEY)
    file.write_text("short")
    with pytest.raises(InputError, match="must hold 32 bytes"):
        key_from_file(file)
    with pytest.raises(InputError, match="No such file"):
        key_from_file(tmp_path / "none")


def test_config_tells_every_setting_and_its_origin() -> None:
    settings = read({"CARNET_DATABASE": "berlin", "CARNET_CLOCK": "file:/tmp/now"})
    assert [line.name for line in describe(settings)] == [entry.variable for entry in TABLE]
    assert row("CARNET_DATABASE", settings)[1:3] == ("berlin", "environment")
    assert row("CARNET_CLOCK", settings)[1:3] == ("file:/tmp/now", "environment")
    assert row("CARNET_LOG", settings)[1:3] == ("info", "default")
    assert row("CARNET_KAFKA", settings, kafka="127.0.0.1:9092")[1:3] == ("127.0.0.1:9092", "servers")


def test_config_masks_secrets() -> None:
    settings = read({"CARNET_POSTGRES": "postgresql://me:hunter2@db/x", "CARNET_KEK": HEX_KEY})
    told = str(describe(settings, servers={"postgres": "host=/embedded"}))
    assert "hunter2" not in told
    assert HEX_KEY not in told
    assert row("CARNET_POSTGRES", settings)[1:3] == ("user=me password=*** dbname=x host=db", "environment")
    assert row("CARNET_KEK", settings)[1:3] == ("***", "environment")
