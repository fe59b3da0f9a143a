"""Classes that threads meet for the first time, all at once."""

import subprocess
import sys

import pytest

MEET = """
import sys, threading
import domain.everything
from domain.kernel import Command, Event
from infra.codec import convert_command, decode
from infra.errors import CarnetError

sys.setswitchinterval(1e-6)
start = threading.Barrier(8)
price = {"minor": 1, "currency": "EUR"}

def meet():
    start.wait()
    for kinds, one in ((Event.named, lambda name: decode(name, '{"amount": {"minor": 1}}')),
                       (Command.named, lambda name: convert_command(name, {"amount": price}))):
        for name in sorted(kinds):
            try:
                one(name)
            except CarnetError:
                pass

threads = [threading.Thread(target=meet) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


@pytest.mark.parametrize("attempt", range(4))
def test_threads_that_meet_a_class_at_once_survive(attempt: int) -> None:
    """Without the lock more than half of these processes die with a segmentation fault."""
    met = subprocess.run([sys.executable, "-c", MEET], capture_output=True, text=True, check=False)
    assert met.returncode == 0, met.stderr
