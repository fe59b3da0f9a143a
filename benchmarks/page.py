"""The table of docs/explanation/performance.md."""


def write() -> None:
    """Draw the table again."""
