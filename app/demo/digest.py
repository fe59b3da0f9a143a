"""One number for a whole season: the same seed gives the same digest, whatever the interleaving was."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC
from typing import Any

import msgspec

from domain.kernel import Recorded

# Random, so no part of what happened: which blob holds a sealed text, and that blob's hash.
RANDOM = {"id", "sha256"}
SEALED = {"id", "subject", "group", "sha256"}


def digest(recorded: Iterable[Recorded]) -> str:
    """SHA-256 (hex) over stream, version, name, occurred time, actor and body, in the order of stream and version.

    Left out: the ids of events, commands, correlation and causation, the recorded time, and the ids and
    hashes of sealed texts.
    """
    found = hashlib.sha256()
    for r in sorted(recorded, key=lambda r: (r.stream_id.bytes, r.version)):
        body = _without_random(msgspec.json.decode(r.body))
        occurred = r.occurred_at.astimezone(UTC).isoformat()
        line = [str(r.stream_id), r.version, r.name, occurred, r.actor, body]
        found.update(msgspec.json.encode(line, order="sorted") + b"\n")
    return found.hexdigest()


# Any is what JSON decodes to.
def _without_random(value: Any) -> Any:
    if isinstance(value, dict):
        left_out = RANDOM if value.keys() >= SEALED else set()
        return {k: _without_random(v) for k, v in value.items() if k not in left_out}
    if isinstance(value, list):
        return [_without_random(v) for v in value]
    return value
