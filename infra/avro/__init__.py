"""Our events as Avro: their schemas, the lock that gives each an id, and the bytes.

A schema is generated from its event class (`schema`), checked in under `schemas/out` and locked in
`schemas/lock.json` (`catalogue`, `locking`); a changed one must still be read by everybody (`rules`);
`codec` turns events into bytes and back.
"""

from infra.avro.catalogue import SCHEMAS, Catalogue
from infra.avro.codec import Codec, codec
from infra.avro.locking import check_schemas, write_schemas

__all__ = ["SCHEMAS", "Catalogue", "Codec", "check_schemas", "codec", "write_schemas"]
