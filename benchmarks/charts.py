"""pygal, as it can be imported: it leaves a finder of an old kind in the way of every later import, of which Python
warns each time."""

import sys

from pygal import Bar, Line
from pygal.style import Style

__all__ = ["Bar", "Line", "Style"]

sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__module__ != "pygal"]
