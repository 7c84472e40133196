"""Log lines: JSON, one event a line, and only fields that can never hold a person's data.

What a library says is reduced to its logger and level, an error to its type and place: messages of
foreign code may repeat what they were given.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

ALLOWED_FIELDS = (
    "route",
    "method",
    "status",
    "elapsed_ms",
    "job",
    "count",
    "state",
    "message_id",
    "error",
    "provider",
    "release",
    "signal",
    "reason",
    "where",
    "seal",
    "generation",
    "sha256",
    "key_id",
    "signature",
    "sealed_at",
)
OURS = "pro_service"


def configure_logs(level: int = logging.INFO, stream: TextIO = sys.stderr) -> None:
    """Send every logger's lines through the one formatter, and nothing else anywhere.

    `level` is ours; libraries are heard from warnings up.
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                # The id of the request on whose behalf a line is logged.
                structlog.contextvars.merge_contextvars,
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.stdlib.ExtraAdder(allow=ALLOWED_FIELDS),
                structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
                # Here and not below: the formatter forgets the error before its processors run.
                _place_of_error,
            ],
            processors=[
                _hide_foreign_words,
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger(OURS).setLevel(level)
    logging.captureWarnings(True)
    # A log call that cannot be formatted would print its arguments.
    logging.raiseExceptions = False


def _hide_foreign_words(_: object, __: str, event: MutableMapping[str, Any]) -> Any:
    record: logging.LogRecord = event["_record"]
    if record.name != OURS and not record.name.startswith(f"{OURS}."):
        event["event"] = "library_message"
    return event


def _place_of_error(_: object, __: str, event: MutableMapping[str, Any]) -> Any:
    """An exception's type and the frames it passed; never its message, never a value."""
    record: logging.LogRecord = event["_record"]
    event.pop("exc_info", None)
    event.pop("exception", None)
    if record.exc_info and record.exc_info[0] is not None:
        event["error"] = record.exc_info[0].__name__
        frames = traceback.extract_tb(record.exc_info[2])
        event["at_lines"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    return event
