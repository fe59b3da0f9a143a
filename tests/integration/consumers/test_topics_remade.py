"""A topic that is not what it was is noticed, and a person decides."""

from contextlib import closing

import pytest

from consumers.accepting import accept
from infra.embedded.processes import wait_until
from infra.errors import IntegrityFault, KafkaFault
from infra.kafka import admin
from infra.topics import PAYMENTS, described
from tests.integration.consumers.conftest import SECONDS, Scene, make_topics


def delete(scene: Scene, topic: str) -> None:
    with closing(admin(scene.kafka)) as client:
        client.delete_topics([topic])
        assert wait_until(lambda: not described(client, [topic]), seconds=SECONDS)


def test_a_topic_made_anew_is_refused_until_a_person_accepts_it(scene: Scene) -> None:
    order, topic = scene.reserve(), scene.prefix + PAYMENTS
    scene.pay(order, "p-1")
    scene.taken("payments")
    delete(scene, topic)
    make_topics(scene.kafka, scene.prefix)
    scene.pay(order, "p-2")
    scene.sent_all()
    with (
        pytest.raises(IntegrityFault, match=f"{topic} was deleted and made anew"),
        scene.running("payments") as ended,
    ):
        ended.wait(SECONDS)
    assert scene.payments(order) == ["p-1"]
    assert len(accept(topic, scene.shop, scene.kafka)) == 3
    scene.taken("payments")
    assert scene.payments(order) == ["p-1", "p-2"]


def test_messages_that_are_gone_are_missed(scene: Scene) -> None:
    order, topic = scene.reserve(), scene.prefix + PAYMENTS
    scene.pay(order, "p-1")
    scene.taken("payments")
    scene.pay(order, "p-2")
    scene.pay(order, "p-3")
    scene.sent_all()
    with closing(admin(scene.kafka)) as client:
        client.delete_records(dict.fromkeys(scene.places(topic), -1))
    with pytest.raises(IntegrityFault, match="is to be taken next"), scene.running("payments") as ended:
        ended.wait(SECONDS)
    accept(topic, scene.shop, scene.kafka)
    scene.pay(order, "p-4")
    scene.taken("payments")
    assert scene.payments(order) == ["p-1", "p-4"]


def test_a_topic_that_is_missing_is_named(scene: Scene) -> None:
    topic = scene.prefix + PAYMENTS
    delete(scene, topic)
    with pytest.raises(KafkaFault, match=f"no topic {topic}"), scene.running("payments") as ended:
        ended.wait(SECONDS)
