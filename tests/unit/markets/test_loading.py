"""The tables are read whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.errors import InputError
from infra.markets import DATA, load_markets


def spoilt(tmp_path: Path, old: str, new: str) -> Path:
    """A copy of the shipped rows with one text replaced."""
    for path in DATA.glob("*.toml"):
        text = path.read_text(encoding="utf-8")
        (tmp_path / path.name).write_text(text.replace(old, new, 1), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('seller_of_record = "dealer"', 'seller_of_record = "grocer"', r"row 1 of \[\[sale\]\].*grocer"),
        ("valid_from = 2018-01-01", 'valid_from = "soon"', "row 1 of .*valid_from"),
        ('ground = "franchise_contract"\n', "", "ground"),
        ('ground = "franchise_contract"', 'grounds = "law"', "a key 'grounds'"),
        ("[[sale]]", "[[sail]]", r"a table \[\[sail\]\]"),
        ('zone = "Europe/Berlin"', 'zone = "Europe/Bonn"', "DE names the zone Europe/Bonn"),
        ("[[place]]", "[[place", "cannot be read"),
        ("valid_to = 2024-10-01", "valid_to = 2024-11-01", "hold on 2024-10-01"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, old: str, new: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        load_markets(spoilt(tmp_path, old, new))


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no \.toml file"):
        load_markets(tmp_path)
