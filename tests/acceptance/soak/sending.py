"""The bank tells of payments, some of orders that nobody knows: messages for `carnet consume`."""

from __future__ import annotations

from contextlib import closing
from random import Random
from threading import Event

from kafka import KafkaProducer

from app.demo.tale import new_id
from consumers import payments
from consumers.kernel import Amount, encode
from infra.settings import Settings
from tests import examples as e
from tests.acceptance.soak.script import SHARED, World

EVERY_S = 0.1
OF_NOBODY = 0.02


def send(settings: Settings, world: World, rng: Random, stop: Event) -> None:
    """Send until it is told to stop; all that was sent is there when this returns."""
    with closing(KafkaProducer(bootstrap_servers=settings.kafka, acks="all")) as producer:
        while not stop.wait(rng.expovariate(1 / EVERY_S)):
            order_id = new_id(rng) if rng.random() < OF_NOBODY else world.shared(rng.randrange(SHARED))
            message = payments.PaymentReceived(
                payment_id=f"sent-{rng.getrandbits(64)}",
                order_id=order_id,
                kind="balance",
                amount=Amount(minor=rng.randint(1, 900), currency="EUR"),
                received_at=e.NOON,
            )
            producer.send(
                settings.topic_prefix + payments.payments.topic,
                key=str(order_id).encode(),
                value=encode(message),
            )
        producer.flush()
