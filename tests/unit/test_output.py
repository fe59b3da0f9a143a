"""What is printed for people says all that is there."""

from __future__ import annotations

import pytest

from app.output import print_table


def test_brackets_in_a_table_are_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(
        ("state", "is"), [("options", "[heat-pump]"), ("model", "[red]x"), ("payload", "[/x]"), ("car", None)]
    )
    told = capsys.readouterr().out
    assert all(text in told for text in ("[heat-pump]", "[red]x", "[/x]", "—"))
