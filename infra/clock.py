"""One clock for every process: the system's, or a simulated one that all of them read."""

from __future__ import annotations

import mmap
import os
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from infra.errors import InputError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECONDS = struct.Struct("<q")


class Clock(Protocol):
    """Tells the time, aware and in UTC."""

    def now(self) -> datetime: ...


class SystemClock:
    """The computer's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class SimulatedClock:
    """A clock that stands still until it is set. It is a file of 8 bytes: microseconds since 1970.

    Every process that maps the file reads the same time. The file is made, at 1970, if it is missing.

    Raises:
        InputError: the file exists and is no clock.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            size = os.fstat(descriptor).st_size
            if size == 0:
                os.ftruncate(descriptor, _MICROSECONDS.size)
            elif size != _MICROSECONDS.size:
                raise InputError(f"{path} is not a clock file: it has {size} bytes, not 8.")
            self._map = mmap.mmap(descriptor, _MICROSECONDS.size)
        finally:
            os.close(descriptor)

    def now(self) -> datetime:
        (microseconds,) = _MICROSECONDS.unpack_from(self._map)
        return _EPOCH + timedelta(microseconds=microseconds)

    def set(self, time: datetime) -> None:
        """Move the clock forward; an earlier time than now is left aside."""
        microseconds = (time - _EPOCH) // timedelta(microseconds=1)
        if microseconds > _MICROSECONDS.unpack_from(self._map)[0]:
            _MICROSECONDS.pack_into(self._map, 0, microseconds)

    def close(self) -> None:
        self._map.close()

    def __reduce__(self) -> tuple[type[SimulatedClock], tuple[Path]]:
        return SimulatedClock, (self._path,)
