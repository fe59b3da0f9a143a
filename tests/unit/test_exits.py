"""Faults and their exit codes."""

from __future__ import annotations

from kafka.errors import KafkaTimeoutError

from app.exits import told
from infra.errors import KafkaFault


def test_a_fault_of_kafka_s_client_is_told_as_one_of_kafka() -> None:
    code, sentence = told(KafkaTimeoutError("no answer\nin time")) or (0, "")
    assert code == KafkaFault.exit_code
    assert sentence.startswith("Kafka: ")
    assert "no answer in time" in sentence


def test_what_nobody_foresaw_has_no_exit_code() -> None:
    assert told(ZeroDivisionError()) is None
