"""Every fault's sentence and exit code: 2 input, 3 refused, 4 contended, 5 not found, 6 PostgreSQL, 7 Kafka,
8 schema or integrity, 9 already running. 1 is a fault of Carnet's own, and says so."""

from __future__ import annotations

import sys

import psycopg
from cyclopts import CycloptsError

from app import mistyped
from domain.kernel import Refused
from infra import postgres
from infra.errors import CarnetError, InputError, KafkaFault, NotFound, PostgresFault

REFUSED = 3
UNKNOWN = {"unknown_order", "unknown_vehicle", "unknown_visit"}  # the codes of an id that nothing has


def told(fault: Exception) -> tuple[int, str] | None:
    """The exit code and the sentence of a fault, with notes on where it came from; None for one nobody foresaw."""
    known = _known(fault)
    if known is None:
        return None
    code, sentence = known
    return code, " ".join([*getattr(fault, "__notes__", ()), sentence])


def _known(fault: Exception) -> tuple[int, str] | None:
    match fault:
        case CarnetError():
            return fault.exit_code, str(fault)
        case Refused():
            code = NotFound.exit_code if fault.code in UNKNOWN else REFUSED
            under = f" [rule {fault.rule}]" if fault.rule else ""
            return code, f"Refused ({fault.code}){under}: {fault}"
        case CycloptsError():
            return InputError.exit_code, mistyped.in_words(fault)
        case psycopg.Error():
            return PostgresFault.exit_code, str(postgres.fault(fault))
    if _of_kafka(fault):
        return (
            KafkaFault.exit_code,
            f"Kafka: {_one_line(fault)}. Check CARNET_KAFKA, or `carnet servers status`.",
        )
    return None


# Its client takes a fifth of the start of a verb, and most verbs have nothing to do with Kafka.
def _of_kafka(fault: Exception) -> bool:
    errors = sys.modules.get("kafka.errors")
    return errors is not None and isinstance(fault, errors.KafkaError)


def _one_line(fault: Exception) -> str:
    return " ".join(str(fault).split()).rstrip(".") or type(fault).__name__
