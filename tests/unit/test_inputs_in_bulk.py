"""Whatever is sent to what reads it: read, or refused with a word. `.ci/thorough` tries 100,000.

What the doors of a running server answer to such is in `tests/integration/doors/test_in_bulk.py`.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache
from typing import Final
from uuid import UUID

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from pro_service.catalog.instrument_files import load_instruments
from pro_service.domain.conversation import commands, reply
from pro_service.domain.errors import ProServiceError
from pro_service.domain.tables import cells, days
from pro_service.messaging.aliyun import pushes as aliyun
from pro_service.messaging.gateway import ForgedWebhookError, WebhookRequest
from pro_service.messaging.simulator import wire as simulator
from pro_service.messaging.tencent import pushes as tencent
from pro_service.messaging.twilio import wire as twilio
from pro_service.services.pages.showing import DeviceMemory, read_memory, write_memory
from pro_service.tables.reading import read_content
from pro_service.vault import codes
from pro_service.vault.vault import token_hash
from pro_service.web.api.cursors import read_id_cursor, write_cursor
from pro_service.web.questionnaire import forms
from tests.support.record.hostile import HOSTILE
from tests.unit.delivery.test_twilio_recut import ACCOUNT as TWILIO_ACCOUNT
from tests.unit.delivery.test_twilio_recut import (
    RECEIPT,
    STATUS_URL,
    TEXT,
    TOKEN,
    URL,
    signature_of,
)
from tests.unit.test_vault import make_vault

SECRET: Final = SecretStr("a part of an address, or a secret shared")
_KINDS: Final = ("pain-nrs", "womac-lk-3.1", "womac-vas-3.1", "safety", "koos")
VAULT: Final = make_vault()
AN_ID: Final = UUID("01890000-0000-7000-8000-000000000001")
ITEMS: Final = tuple(load_instruments()[name].items[0] for name in _KINDS)
KNOWN: Final = (
    *(
        "4",
        "4/10",
        "四",
        "4分",
        "3-4",
        "my knee is hot",
        "STOP",
        "skip",
        "back",
        "4 5 6",
        "Liked “4”",
    ),
    *(
        "2026-03-02",
        "2.3.2026",
        "二〇二六年三月二日",
        "left",
        "双膝",
        "yes",
        "否",
        "1,234.5",
        "1e3",
    ),
    *("ABCD-EFGH-JK", "K-001", write_cursor("people", str(AN_ID)), VAULT.letter_token(AN_ID)),
    *(write_memory(VAULT, DeviceMemory({AN_ID: 7})), "~", f"{AN_ID}:item"),
)
PIECES = st.one_of(st.sampled_from(KNOWN), st.sampled_from(HOSTILE), st.text(max_size=12))
TEXTS = st.lists(PIECES, min_size=1, max_size=4).map(lambda pieces: "".join(pieces)[:300])
SURROGATES = st.one_of(
    TEXTS, st.binary(max_size=40).map(lambda b: b.decode("utf-8", "surrogateescape"))
)
"""As a header or an address is decoded."""

_QUICK: Final = settings().max_examples
EXAMPLES: Final = _QUICK if _QUICK < 1_000 else 10_000
"""For each reader: a share every time, and 100,000 of all together by the thorough profile."""


def of_a_reply(text: str) -> None:
    for item in ITEMS:
        reply.understand(item, text)
    reply.understand_several(ITEMS[:3], text)
    reply.read_alone(text)


def of_a_command(text: str) -> None:
    commands.recognise(text)
    commands.wants_to_stop(text)
    commands.says_more(text)


def of_a_cell(text: str) -> None:
    readers: Iterable[Callable[[str], object]] = (
        *(cells.read_yes_no, cells.read_knees, cells.read_language, cells.read_channel),
        *(cells.read_whole, cells.read_number, cells.read_digits, days.read_day),
    )
    for read in readers:
        with suppress(ProServiceError):
            read(text)


def of_a_token(text: str) -> None:
    assert len(token_hash(text)) == 32
    codes.normalise(text)
    VAULT.read_letter_token(text)


def of_a_cookie(text: str) -> None:
    assert set(read_memory(VAULT, text).given) <= {AN_ID}


def of_a_form(text: str) -> None:
    forms.read_left_open([text])
    for read in (forms.read_key, forms.read_place):
        with suppress(ProServiceError):
            read({"key": text, "assessment": text, "group": text})


def of_a_cursor(text: str) -> None:
    read_id_cursor("people", text)


def of_a_table(text: str) -> None:
    for content in (f"code,note\nK-001,{text}\n", f"sep={text}\ncode{text}note\n"):
        with suppress(ProServiceError):
            read_content("list.csv", content.encode("utf-8", "surrogateescape"))


TEXT_READERS: Final[dict[str, Callable[[str], None]]] = {
    "a reply": of_a_reply,
    "a command": of_a_command,
    "a cell": of_a_cell,
    "a token": of_a_token,
    "a cookie": of_a_cookie,
    "a form": of_a_form,
    "a cursor": of_a_cursor,
    "a table": of_a_table,
}


@pytest.mark.parametrize("name", list(TEXT_READERS))
@settings(max_examples=EXAMPLES)
@given(text=SURROGATES)
def test_any_text_is_read_or_refused(name: str, text: str) -> None:
    with suppress(ProServiceError):
        TEXT_READERS[name](text)


@cache
def workbook() -> bytes:
    """A small workbook as a spreadsheet saves it."""
    made, kept = openpyxl.Workbook(), io.BytesIO()
    sheet = made.active
    assert sheet is not None
    for cells_of_row in (["code", "note"], ["K-001", "four"], ["K-002", 4]):
        sheet.append(cells_of_row)
    made.save(kept)
    return kept.getvalue()


@settings(max_examples=EXAMPLES)
@given(at=st.integers(0, 10_000), put=st.binary(min_size=1, max_size=8), cut=st.booleans())
def test_a_damaged_workbook_is_read_or_refused(at: int, put: bytes, cut: bool) -> None:
    whole = workbook()
    at %= len(whole)
    damaged = whole[:at] + put + (b"" if cut else whole[at + len(put) :])
    with suppress(ProServiceError):
        read_content("list.xlsx", damaged)


def _twilio(url: str, genuine: dict[str, str], changed: dict[str, str]) -> None:
    pairs = sorted((genuine | changed).items())
    headers = {twilio.SIGNATURE_HEADER: signature_of(url, pairs), "Content-Type": twilio.FORM}
    body = simulator.encode_form(dict(pairs))
    parse = twilio.parse_inbound if url == URL else twilio.parse_status
    parse(WebhookRequest(url=url, headers=headers, body=body), TOKEN, TWILIO_ACCOUNT)


def _simulator(changed: dict[str, str]) -> None:
    url = "https://pro.example/hooks/simulator/inbound"
    given = {"id": "in-1", "from": "+12025550143", "to": "+12025550100", "body": "4"} | changed
    headers = {
        simulator.SIGNATURE_HEADER: simulator.sign(SECRET, url, given),
        "Content-Type": simulator.FORM,
    }
    request = WebhookRequest(url=url, headers=headers, body=simulator.encode_form(given))
    simulator.parse_inbound(request, SECRET)


def _pushed(changed: dict[str, str]) -> None:
    body = repr(changed).encode("utf-8", "surrogatepass")
    for read in (aliyun.parse_receipts, tencent.parse_receipts):
        with suppress(ProServiceError):
            read(body)
    aliyun.parse_inbound(body, SECRET)


WEBHOOKS: Final[dict[str, tuple[tuple[str, ...], Callable[[dict[str, str]], None]]]] = {
    "twilio text": (tuple(TEXT), lambda changed: _twilio(URL, TEXT, changed)),
    "twilio receipt": (tuple(RECEIPT), lambda changed: _twilio(STATUS_URL, RECEIPT, changed)),
    "simulator text": (("id", "from", "to", "body", "extra"), _simulator),
    "pushes": (("phone_number", "send_time", "content", "nationcode"), _pushed),
}


@pytest.mark.parametrize("name", list(WEBHOOKS))
@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_a_signed_webhook_that_says_anything_is_read_or_refused(
    name: str, data: st.DataObject
) -> None:
    fields, read = WEBHOOKS[name]
    changed = data.draw(st.dictionaries(st.sampled_from(fields), TEXTS, max_size=3))
    with suppress(ProServiceError, ForgedWebhookError):
        read(changed)
