"""TOML as it is written by hand. Whatever the parser of the standard library trips over is told as a wrong file."""

from __future__ import annotations

import tomllib


def parsed(text: str) -> dict[str, object]:
    """What a TOML file holds.

    Raises:
        tomllib.TOMLDecodeError: it is no TOML, is nested too deeply, or has a number that nobody can read.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise
    except RecursionError:
        raise tomllib.TOMLDecodeError("its lists or tables are nested too deeply") from None
    except ValueError:
        # Python reads no number of more digits than sys.get_int_max_str_digits(), and no year before 1.
        raise tomllib.TOMLDecodeError("it holds a number of too many digits") from None
