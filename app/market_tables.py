"""The rows of the markets as tables of the reference, straight from their file."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any

from app.markdown import table


def sales() -> str:
    """Who sells what, where, since when."""
    columns = ("market", "brands", "from", "to", "model", "seller", "rule", "sure", "source")
    return table(
        columns,
        (
            (
                row["market"],
                ", ".join(row["brands"]),
                *_span(row),
                row["distribution_model"].replace("_", " "),
                row["seller_of_record"],
                _rule(row["rule"]),
                row["confidence"],
                row["source"],
            )
            for row in _rows("sale")
        ),
    )


def terms() -> str:
    """What each market gives every buyer."""
    columns = ("market", "withdrawal", "of contracts", "rolls over", "deposit", "refund", "sure", "source")
    return table(
        columns,
        (
            (
                row["market"],
                f"{row['withdrawal_days']} days" if row["withdrawal_days"] else "none",
                ", ".join(row.get("withdrawal_channels", ())),
                "yes" if row["rolls_over"] else "no",
                f"{row['deposit_due_days']} days",
                f"{row['refund_days']} days",
                row["confidence"],
                row["source"],
            )
            for row in _rows("terms")
        ),
    )


def assignments() -> str:
    """Where a reservation goes to a dealer."""
    columns = ("market", "from", "to", "time to answer", "rule", "sure", "source")
    return table(
        columns,
        (
            (
                row["market"],
                *_span(row),
                f"{row['respond_days']} days",
                _rule(row["rule"]),
                row["confidence"],
                row["source"],
            )
            for row in _rows("assignment")
        ),
    )


# A row of a TOML file has whatever its author wrote.
def _rows(kind: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tomllib.loads((files("infra") / "data/markets.toml").read_text())[kind]
    return found


def _span(row: dict[str, Any]) -> tuple[str, str]:
    return str(row["valid_from"]), str(row.get("valid_to", ""))


def _rule(rule: dict[str, Any]) -> str:
    return f"{rule['id']} v{rule['version']}"
