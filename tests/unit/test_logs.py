"""Log lines: JSON, allow-listed fields, and never what a person said or is called."""

from __future__ import annotations

import io
import json
import logging
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from pro_service.logs import ALLOWED_FIELDS, configure_logs

SECRET = "+12025550177 said her knee is hot"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Where the lines go; logging is as before afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in ("aiohttp", "some.library")}
    written = io.StringIO()
    configure_logs(stream=written)
    yield written
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, was in levels.items():
        logging.getLogger(name).setLevel(was)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    """Every line, read as JSON."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_has_event_level_logger_and_instant(stream: io.StringIO) -> None:
    logging.getLogger("pro_service.jobs").info("round", extra={"job": "remind", "count": 3})
    (line,) = lines(stream)
    assert (line["event"], line["level"], line["logger"]) == ("round", "info", "pro_service.jobs")
    assert (line["job"], line["count"]) == ("remind", 3)
    assert line["at"].endswith("Z")


def test_only_allow_listed_fields_pass(stream: io.StringIO) -> None:
    extra = {"body": SECRET, "phone": SECRET, "answer": 7, "state": "sent"}
    logging.getLogger("pro_service.web").warning("odd", extra=extra)
    (line,) = lines(stream)
    assert set(line) - {"event", "level", "logger", "at"} == {"state"}
    assert not {"body", "phone", "answer", "text", "name", "code", "value"} & set(ALLOWED_FIELDS)


def test_what_a_library_says_is_reduced_to_that_it_said_something(stream: io.StringIO) -> None:
    logging.getLogger("some.library").warning("POST /messages?to=%s failed", SECRET)
    (line,) = lines(stream)
    assert (line["event"], line["logger"]) == ("library_message", "some.library")
    assert SECRET not in stream.getvalue()


def test_a_name_that_only_begins_like_ours_is_a_librarys(stream: io.StringIO) -> None:
    logging.getLogger("pro_service_other").warning(SECRET)
    assert SECRET not in stream.getvalue()


def test_an_exception_shows_type_and_place_only(stream: io.StringIO) -> None:
    try:
        raise ValueError(SECRET)
    except ValueError:
        logging.getLogger("pro_service.web").exception("failed")
    (line,) = lines(stream)
    assert line["error"] == "ValueError"
    assert any("test_logs.py" in place for place in line["at_lines"])
    assert SECRET not in stream.getvalue()


def test_an_exception_caused_by_another_shows_neither_words(stream: io.StringIO) -> None:
    try:
        try:
            raise KeyError(SECRET)
        except KeyError as error:
            raise RuntimeError(SECRET) from error
    except RuntimeError:
        logging.getLogger("asyncio").exception("Task exception")
    assert SECRET not in stream.getvalue()
    assert lines(stream)[0]["error"] == "RuntimeError"


def test_a_warning_of_python_says_nothing_of_its_words(stream: io.StringIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn(SECRET, UserWarning, stacklevel=1)
    assert SECRET not in stream.getvalue()
