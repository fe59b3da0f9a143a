"""Logs: one line an event on standard error, as JSON, or coloured for a person at a terminal.

Standard output belongs to data.
"""

import logging
import sys

import structlog

LEVELS = ("debug", "info", "warning", "error")


def configure(level: str = "info", *, console: bool | None = None) -> None:
    """Set up structlog and the standard library's logging alike.

    `level` is one of LEVELS. `console` is whether a person reads; by default, whether standard error is a
    terminal.
    """
    person = sys.stderr.isatty() if console is None else console
    before: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if person:
        after: list[structlog.types.Processor] = [structlog.dev.ConsoleRenderer()]
    else:
        after = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(sort_keys=True)]
    structlog.configure(
        processors=[*before, *after],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),  # one write a line; print takes two
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=before,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *after],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    # Libraries are heard from `warning` on: kafka-python alone says a dozen things about each connection.
    root.setLevel(max(logging.WARNING, getattr(logging, level.upper())))
    # It warns of every tenth of a second that a busy machine took; what matters reaches us as an error.
    logging.getLogger("kafka.net.selector").setLevel(logging.ERROR)
    logging.getLogger("psycopg").setLevel(logging.NOTSET)  # it sets a level of its own
