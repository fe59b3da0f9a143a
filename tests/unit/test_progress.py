"""What a long work tells on a standard error that is no terminal."""

from app.progress import Lines


def test_lines_tell_the_rate_and_the_time_left() -> None:
    """Asked every second, it says something every five, and at the end. What was there at first is no speed."""
    said: list[str] = []
    seconds = iter(range(100, 200))
    lines = Lines("Rebuilding", say=said.append, clock=lambda: float(next(seconds)))
    for position in range(4_000, 12_001, 1_000):
        lines(position, 12_000)
    assert said == [
        "Rebuilding: 4,000 of 12,000 events",
        "Rebuilding: 9,000 of 12,000 events, 1,000 events/s, 3 s left",
        "Rebuilding: 12,000 of 12,000 events, 1,000 events/s",
    ]
