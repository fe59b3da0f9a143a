"""Where the key-encryption key comes from."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from infra import kek
from infra.errors import InputError
from infra.settings import Settings, read

HEX = "0f" * 32


def settings(folder: Path, **more: str) -> Settings:
    return read({"CARNET_DATA": str(folder), **more})


def test_it_comes_from_the_environment(tmp_path: Path) -> None:
    assert kek.load(settings(tmp_path, CARNET_KEK=HEX), make_if_missing=False) == bytes.fromhex(HEX)


def test_it_comes_from_a_private_file(tmp_path: Path) -> None:
    file = key_file(tmp_path, mode=0o600)
    assert kek.load(settings(tmp_path, CARNET_KEK_FILE=str(file)), make_if_missing=False) == bytes.fromhex(
        HEX
    )


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    file = key_file(tmp_path, mode=0o644)
    with pytest.raises(InputError, match=r"mode 0644.*chmod 600"):
        kek.load(settings(tmp_path, CARNET_KEK_FILE=str(file)), make_if_missing=True)


def test_a_named_file_is_never_made(tmp_path: Path) -> None:
    file = tmp_path / "missing"
    with pytest.raises(InputError, match="cannot be read"):
        kek.load(settings(tmp_path, CARNET_KEK_FILE=str(file)), make_if_missing=True)
    assert not file.exists()


def test_without_one_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="CARNET_KEK_FILE"):
        kek.load(settings(tmp_path), make_if_missing=False)
    assert list(tmp_path.iterdir()) == []


def test_embedded_servers_make_one_and_keep_it(tmp_path: Path) -> None:
    made = kek.load(settings(tmp_path / "new"), make_if_missing=True)
    file = tmp_path / "new" / "kek"
    assert len(made) == 32
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert kek.load(settings(tmp_path / "new"), make_if_missing=True) == made
    assert list(file.parent.iterdir()) == [file]


def test_who_make_it_at_once_get_the_same_one(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        keys = threads.map(lambda _: kek.load(settings(tmp_path), make_if_missing=True), range(32))
    assert len(set(keys)) == 1


def key_file(folder: Path, mode: int) -> Path:
    file = folder / "key"
    file.write_text(HEX)
    file.chmod(mode)
    return file
