"""The processes that follow the log, as operations would run them: `carnet project` and `carnet relay`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Self

import psutil
from psycopg.conninfo import conninfo_to_dict

import projections
from app.publishing import apply_all
from benchmarks.ground import Ground
from infra import settings as settings_module
from infra.clock import SystemClock
from infra.position import relay_position
from infra.postgres import connect
from infra.settings import Settings
from projections.lag import lag
