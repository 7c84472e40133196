"""What anybody may post to a provider's address: it is read, or refused, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from pro_service.messaging.aliyun import pushes as aliyun
from pro_service.messaging.gateway import Batch, UnreadableWebhookError
from pro_service.messaging.tencent import pushes as tencent
from tests.support.record.hostile import HOSTILE

SECRET: Final = SecretStr("a part of an address")
PARSERS: Final[dict[str, Callable[[bytes], Batch[Any]]]] = {
    "aliyun receipts": aliyun.parse_receipts,
    "aliyun replies": lambda body: aliyun.parse_inbound(body, SECRET),
    "tencent receipts": tencent.parse_receipts,
    "tencent replies": lambda body: tencent.parse_inbound(body, SECRET),
}
KEYS: Final = (
    *("phone_number", "send_time", "report_time", "success", "err_code", "err_msg", "sms_size"),
    *("biz_id", "out_id", "content", "sign_name", "dest_code", "sequence_id", "template_code"),
    *("user_receive_time", "nationcode", "mobile", "report_status", "errmsg", "description", "sid"),
    *("text", "sign", "time", "extend", "list", "type"),
)
VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=30),
        st.sampled_from(HOSTILE),
        st.sampled_from(["2026-03-02 08:00:00", "8613800000001", "+8613800000001", "SUCCESS"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from(KEYS), inner, max_size=12),
    ),
    max_leaves=25,
)


@pytest.mark.parametrize("name", list(PARSERS))
@given(document=VALUES)
def test_a_document_of_any_shape_is_read_or_refused(name: str, document: object) -> None:
    try:
        batch = PARSERS[name](json.dumps(document).encode("utf-8", "surrogatepass"))
    except UnreadableWebhookError:
        return
    assert isinstance(batch, Batch)


@pytest.mark.parametrize("name", list(PARSERS))
@given(body=st.binary(max_size=200))
def test_bytes_of_any_kind_are_read_or_refused(name: str, body: bytes) -> None:
    try:
        assert isinstance(PARSERS[name](body), Batch)
    except UnreadableWebhookError:
        return
