"""What stands where a person's data was."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.kernel import Refused


@dataclass(frozen=True, slots=True)
class Erased:
    """The data was erased, `since` when. It never stands for what is merely damaged or lost."""

    since: datetime


class SubjectErased(Refused):
    """The subject was erased or is being erased: nothing is sealed or read for it, ever again."""

    def __init__(self, subject: UUID) -> None:
        super().__init__(
            "subject_erased",
            "Subject {subject} was erased, and its id is never used again. Take a new id for the same person.",
            subject=subject,
        )
