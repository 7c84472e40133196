"""A stored protocol version of an older release means what it meant then."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from pro_service.catalog.documents import content_hash
from pro_service.catalog.instrument_files import load_instruments
from pro_service.catalog.protocol_files import example_protocol_file, load_protocol_file
from pro_service.domain.study.amending.stored import StoredProtocolError, read_stored_protocol
from pro_service.domain.study.coming import NOTHING_COMING, Coming
from pro_service.domain.study.protocol import Messaging, Protocol
from pro_service.domain.study.protocol_check import check_protocol

STORED = (Path(__file__).parents[2] / "data/protocols/stored_at_216a353.json").read_text("utf-8")
"""The example as the release at 216a353 stored it: all of that release's keys, and no later one."""
HASH_AT_216A353 = "9ca2f04fcd54bbc0eb2e85e4c8efc0bf9a800cea97215c79888ca20ea8b8333c"


def example_without_later_keys() -> dict[str, Any]:
    """The example of today, without the keys that came after 216a353."""
    document = tomllib.loads(example_protocol_file().read_text("utf-8"))
    for key in Coming.model_fields:
        document.pop(key, None)
    for key in ("own_words", "read_from", "read_until"):
        document["messaging"].pop(key, None)
    for use in document["instrument"].values():
        use.pop("modes", None)
        use.pop("respondents", None)
    return document


def test_a_version_stored_at_216a353_is_the_example_but_for_later_keys() -> None:
    protocol, problems = check_protocol(example_without_later_keys(), load_instruments())
    assert problems == ()
    assert read_stored_protocol(STORED) == protocol


def test_the_example_s_hash_is_what_it_was_but_for_later_keys() -> None:
    assert content_hash(example_without_later_keys()) == HASH_AT_216A353


def test_every_key_it_lacks_means_what_was_done_then() -> None:
    old = read_stored_protocol(STORED)
    assert old.coming == NOTHING_COMING
    assert old.study.retain_until is None
    assert (old.messaging.own_words, old.messaging.read_from) == (False, None)
    assert all(use.modes is None and use.respondents is None for use in old.instruments.values())
    assert not any(visit.retired for visit in old.visits)


def test_reading_it_adds_no_key_beyond_the_defaults() -> None:
    old = json.loads(STORED)
    new = read_stored_protocol(STORED).model_dump(mode="json")
    assert set(new) - set(old) == {"coming"}
    lacking = set(Messaging.model_fields) - set(old["messaging"])
    assert lacking == {"by", "own_words", "read_from", "read_until"}


def test_what_a_later_release_stored_is_refused_by_the_key() -> None:
    document = json.loads(STORED) | {"brand_new": 1}
    with pytest.raises(StoredProtocolError, match="brand_new") as caught:
        read_stored_protocol(json.dumps(document))
    assert caught.value.mend is not None


def test_what_is_stored_is_read_back_as_it_was() -> None:
    protocol = load_protocol_file(example_protocol_file()).protocol
    assert read_stored_protocol(protocol.model_dump_json()) == protocol
    assert isinstance(protocol, Protocol)
