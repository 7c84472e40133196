"""Format 1 of what is signed, byte by byte, as the record's README specifies it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import uuid4

import pytest

from pro_service.domain.signatures import (
    SignedAssessment,
    SignedContent,
    SignedItem,
    SignedScore,
    SignedSitting,
    SignedVisit,
    UnknownFormatError,
    changes,
    content_sha256,
    signed_content,
)

AT = datetime(2026, 1, 12, 10, tzinfo=timezone(timedelta(hours=8)))
ITEMS = (
    SignedItem(item="pain", value=8, gap=None, answered_at=AT, corrections=0),
    SignedItem(item="effort", value=None, gap="skipped", answered_at=AT, corrections=1),
)
SCORE = SignedScore(
    basis="complete",
    scale="pain",
    scoring_version="1",
    raw=Decimal(8),
    score_0_100=Decimal("80"),
    absent=None,
)
SITTING = SignedSitting(
    sitting=1,
    mode="telephone",
    respondent="self",
    respondent_relation=None,
    language="zh_CN",
    not_for_analysis=None,
    started_at=AT,
    submitted_at=AT,
    instrument_sha256="aa",
    wording_sha256="bb",
    items=ITEMS,
    scores=(SCORE,),
)
ASKED = SignedAssessment(
    instrument="pain-nrs", target="left_knee", declined_at=None, standing=1, sittings=(SITTING,)
)
VISIT = SignedVisit(
    visit_id=uuid4(),
    visit="baseline",
    occurrence=1,
    opens_at=AT,
    target_on=date(2026, 1, 12),
    closes_at=AT,
    protocol_sha256="cc",
    asked=(ASKED,),
)
CONTENT = SignedContent(study="KNEE", participant="编号-1", visits=(VISIT,))
INSTANT = "2026-01-12T02:00:00.000000Z"
FORMAT_1 = (
    '{"format":1,"participant":"编号-1","study":"KNEE","visits":[{"asked":[{"declined_at":null,'
    '"instrument":"pain-nrs","sittings":[{"instrument_sha256":"aa","items":[{"answered_at":'
    f'"{INSTANT}","corrections":1,"gap":"skipped","item":"effort","value":null}},{{"answered_at":'
    f'"{INSTANT}","corrections":0,"gap":null,"item":"pain","value":8}}],"language":"zh_CN",'
    '"mode":"telephone","not_for_analysis":null,"respondent":"self","respondent_relation":null,'
    '"scores":[{"absent":null,"basis":"complete","raw":"8.000000000000","scale":"pain",'
    '"score_0_100":"80.000000000000","scoring_version":"1"}],"sitting":1,'
    f'"started_at":"{INSTANT}","submitted_at":"{INSTANT}","wording_sha256":"bb"}}],"standing":1,'
    f'"target":"left_knee"}}],"closes_at":"{INSTANT}","occurrence":1,"opens_at":"{INSTANT}",'
    '"protocol_sha256":"cc","target_on":"2026-01-12","visit":"baseline"}]}'
)


def test_format_1_is_these_bytes_whatever_the_order_zone_or_id() -> None:
    assert signed_content(CONTENT).decode() == FORMAT_1
    assert json.loads(FORMAT_1)["visits"][0]["asked"][0]["sittings"][0]["items"][1]["value"] == 8
    turned = replace(SITTING, items=ITEMS[::-1], started_at=AT.astimezone(UTC))
    asked = replace(ASKED, sittings=(turned,))
    other = replace(CONTENT, visits=(replace(VISIT, asked=(asked,), visit_id=uuid4()),))
    assert content_sha256(other) == content_sha256(CONTENT)
    assert changes(CONTENT, other) == []


def test_a_change_is_told_where_it_is_and_nowhere_else() -> None:
    item = replace(ITEMS[0], value=3, corrections=1)
    score = replace(SCORE, raw=Decimal(3))
    sitting = replace(SITTING, items=(item,), scores=(score,))
    visit = replace(VISIT, asked=(replace(ASKED, sittings=(sitting,)),))
    told = changes(CONTENT, replace(CONTENT, visits=(visit,)))
    assert [(one.part.what, one.part.name) for one in told] == [
        ("item", "effort"),
        ("item", "pain"),
        ("score", "complete:pain"),
    ]
    gone, changed, _ = told
    assert gone.after is None
    assert changed.before is not None
    assert changed.after is not None
    assert (changed.before["value"], changed.after["value"]) == (8, 3)


def test_a_visit_that_is_gone_is_told_with_all_it_held() -> None:
    told = changes(CONTENT, replace(CONTENT, visits=()))
    assert {one.part.what for one in told} == {"visit", "asked", "sitting", "item", "score"}
    assert all(one.after is None for one in told)


def test_another_format_is_refused() -> None:
    with pytest.raises(UnknownFormatError):
        signed_content(CONTENT, 2)
