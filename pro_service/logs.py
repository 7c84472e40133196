"""Log lines: JSON, one event a line, and only fields that can never hold a person's data.

What a library says is reduced to its logger and level, an error to its type and place: messages of
foreign code may repeat what they were given.
"""

from __future__ import annotations

import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any, TextIO

import structlog
from pydantic_core import to_json

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
    handler.setFormatter(_Line())
    # Nobody reads them, and each line would look them up.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None  # So its documentation says.
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger(OURS).setLevel(level)
    logging.captureWarnings(True)
    # A log call that cannot be formatted would print its arguments.
    logging.raiseExceptions = False


class _Line(logging.Formatter):
    """A record as one line of JSON: its event, and of its fields those that are allowed."""

    def format(self, record: logging.LogRecord) -> str:
        """The line. What a library says is not even put together."""
        ours = record.name == OURS or record.name.startswith(f"{OURS}.")
        at = datetime.fromtimestamp(record.created, UTC).isoformat()
        said = vars(record)
        line: dict[str, Any] = {
            "event": record.getMessage() if ours else "library_message",
            # The id of the request on whose behalf it is logged.
            **structlog.contextvars.get_contextvars(),
            "level": record.levelname.lower(),
            "logger": record.name,
            **{name: said[name] for name in ALLOWED_FIELDS if name in said},
            "at": at.replace("+00:00", "Z"),
            **_place_of_error(record),
        }
        return to_json(line, bytes_mode="hex", fallback=repr).decode()


def _place_of_error(record: logging.LogRecord) -> dict[str, Any]:
    """An exception's type and the frames it passed; never its message, never a value."""
    if not record.exc_info or record.exc_info[0] is None:
        return {}
    frames = traceback.extract_tb(record.exc_info[2])
    return {
        "error": record.exc_info[0].__name__,
        "at_lines": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
