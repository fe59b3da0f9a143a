"""What goes wrong outside the domain, and the exit code that tells which.

A refusal by a rule is no error of this list: it is `domain.kernel.Refused`, and exits 3.
"""

from typing import ClassVar


class CarnetError(Exception):
    """A fault that a person can act on: one sentence says what and where, the hint says what to do."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(f"{message} {hint}".rstrip())
        self.message = message
        self.hint = hint


class InputError(CarnetError):
    """What was asked cannot be read: a setting, an option, a field."""

    exit_code = 2


class Contended(CarnetError):
    """Somebody else kept changing the same stream; ask again."""

    exit_code = 4


class NotFound(CarnetError):
    """There is nothing under this name or id."""

    exit_code = 5


class PostgresFault(CarnetError):
    """PostgreSQL cannot be reached, or cannot do what it must."""

    exit_code = 6


class KafkaFault(CarnetError):
    """Kafka cannot be reached, or cannot do what it must."""

    exit_code = 7


class IntegrityFault(CarnetError):
    """Something is not what it was written down to be: a schema, a hash, a version, a key."""

    exit_code = 8


class AlreadyRunning(CarnetError):
    """Only one of these may run, and another one does."""

    exit_code = 9
