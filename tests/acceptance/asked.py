"""Command lines that the tests share, and what a fault must tell whoever typed one."""

from typing import Final
from uuid import uuid4

from tests.acceptance.installation import Said

ORDER: Final = str(uuid4())
CUSTOMER: Final = str(uuid4())
NOBODY: Final = str(uuid4())
RESERVE: Final = (
    *("ask", "ReserveOrder", "--order-id", ORDER, "--customer-id", CUSTOMER, "--buyer", "Erika Mustermann"),
    *("--brand", "MINI", "--model", "cooper-e", "--powertrain", "BEV", "--market", "DE"),
    *("--channel", "maker_online", "--deposit", "50000 EUR"),
)
PAY: Final = (
    *("ask", "RecordPayment", "--order-id", ORDER),
    *("--payment-id", "p-1", "--kind", "deposit", "--amount"),
)

# What a trigger raises before a row is written to a disk that is full.
NO_SPACE: Final = """create function public.full() returns trigger language plpgsql as $$ begin
    raise exception 'could not extend file "base/1/2": No space left on device' using errcode = '53100';
end $$"""


def tells(said: Said, code: int, *words: str) -> None:
    """It ended with this code, printed no data, and told one sentence that holds these words; the other lines of
    standard error are logs, or bars of progress."""
    assert said.code == code, said
    assert said.out == ""
    *before, sentence = said.err.splitlines()
    assert sentence.startswith("carnet: "), said.err
    assert not any(line.startswith("carnet: ") for line in before), said.err
    assert "Traceback" not in said.err
    for word in words:
        assert word in sentence, said.err
