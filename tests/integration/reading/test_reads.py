"""Reads of images by pseudonym alone: handed out, taken in, settled, locked (R19)."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from decimal import Decimal
from unittest.mock import AsyncMock

import pytest

from pro_service.services.measuring import reading
from pro_service.services.measuring.reading import (
    HandIn,
    HandOut,
    Listed,
    ReadListError,
    ReadsFileError,
    ReadsLockedError,
    Taken,
    bring_exams,
    hand_out,
    hand_out_to_settle,
    key_table,
    list_table,
    take_reads,
)
from pro_service.store.connection import transaction
from pro_service.tables import TableFileError, csv_bytes, csv_text, read_content
from tests.integration.reading.conftest import CODES, exams_table
from tests.support.study import ACTOR, Trial

MEASURE = "ute_t2s"
HEADS = ("pseudonym", "sequence", "region", "layer", "value", "gap", "finding")
Rows = Sequence[Sequence[object]]


async def give(trial: Trial, reader: str) -> Listed:
    """A list handed out to a reader."""
    wish = HandOut(MEASURE, reader, ACTOR)
    return await hand_out(trial.operator, trial.context, trial.study_id, wish)


async def take(trial: Trial, rows: Rows, heads: Sequence[str] = HEADS) -> Taken:
    """What a file of such rows brings, handed in by an operator."""
    content = csv_bytes(csv_text([heads, *rows]))
    handed = HandIn("reads.csv", content, read_content("reads.csv", content), "cli:test")
    measures = trial.context.catalogue.measures
    return await take_reads(lambda: transaction(trial.operator), measures, trial.study_id, handed)


async def whose(trial: Trial, listed: Listed) -> dict[str, str]:
    """The participant's code of each pseudonym, which no reader learns."""
    text = await key_table(trial.operator, trial.study_id, listed.id)
    return {line["pseudonym"]: line["code"] for line in csv.DictReader(io.StringIO(text))}


async def read_all(trial: Trial, listed: Listed, value: Callable[[str], object]) -> Taken:
    """Everything of a list read in one place, by whose knee it is."""
    codes = await whose(trial, listed)
    rows = [
        (pseudonym, number, "cMFC", "deep", value(codes[pseudonym]), "", "")
        for pseudonym, number in listed.items
    ]
    return await take(trial, rows)


def by_code(code: str) -> str:
    """Values that differ from knee to knee."""
    return f"{10 + CODES.index(code)}.5"


async def test_a_reader_gets_pseudonyms_in_an_order_of_their_own_and_nothing_else(
    trial: Trial,
) -> None:
    rita, ruth = await give(trial, "rita"), await give(trial, "ruth")
    text = list_table(rita.items)
    assert text.splitlines()[0] == "pseudonym,sequence"
    assert [number for _, number in rita.items] == list(range(1, 8))
    for code in CODES:
        assert code not in text
    codes = await whose(trial, rita)
    assert sorted(codes.values()) != list(codes.values()), "the order of enrolment shows"
    assert set(codes.values()) == set(CODES)
    assert len(codes) == 7, "a tenth, and at least one, comes again under another pseudonym"
    assert not {one for one, _ in rita.items} & {one for one, _ in ruth.items}
    with pytest.raises(ReadListError, match="no exam left"):
        await give(trial, "rita")


async def test_reads_become_measurements_once_and_a_repeat_is_no_read(trial: Trial) -> None:
    listed = await give(trial, "rita")
    assert await read_all(trial, listed, by_code) == Taken(7, 0, 0)
    assert await read_all(trial, listed, by_code) == Taken(0, 7, 0)
    kept = await trial.fetch(
        "SELECT reader, read_number, count(*), min(scanner), count(study_uid) FROM measurements"
        " GROUP BY 1, 2 ORDER BY 2"
    )
    assert kept == [("rita", 1, 6, "MRI-7", 6), ("rita", 2, 1, "MRI-7", 1)]
    assert await trial.count("measure_imports") == 1
    ((value, target, day),) = await trial.fetch(
        "SELECT m.value, m.target, m.measured_on::text FROM measurements AS m"
        " JOIN participants AS p ON p.id = m.participant_id"
        " WHERE p.code = 'K-003' AND m.read_number = 1"
    )
    assert (value, target, day) == (Decimal("12.5"), "left_knee", "2026-01-12")


@pytest.mark.parametrize(
    "column", ["study_uid", "exam date", "scanner", "site", "participant", "visit"]
)
async def test_a_file_with_more_is_refused_and_the_column_is_named(
    trial: Trial, column: str
) -> None:
    listed = await give(trial, "rita")
    pseudonym, number = listed.items[0]
    rows = [(pseudonym, number, "cMFC", "deep", "10.1", "", "yes", "x")]
    with pytest.raises(TableFileError, match=column):
        await take(trial, rows, (*HEADS, column))
    assert await trial.count("measurements") == 0


async def test_one_wrong_row_takes_none_and_the_finding_is_told_all_the_same(trial: Trial) -> None:
    listed = await give(trial, "rita")
    (first, one), (second, two), *_ = listed.items
    rows = [
        (first, one, "cMFC", "deep", "10.1", "", "yes"),
        (first, one, "cMFC", "deep", "10.2", "", ""),
        (second, two, "cMFC", "deep", "900", "", ""),
        (second, one, "cMFC", "full", "10", "", ""),
        (second, two, "elbow", "deep", "10", "", ""),
        (second, two, "cMTP", "deep", "10", "unreadable", ""),
        ("UNKNOWN", two, "cMFC", "deep", "10", "", "yes"),
    ]
    with pytest.raises(ReadsFileError) as refused:
        await take(trial, rows)
    said = "\n".join(refused.value.mistakes)
    for row, part in enumerate(
        ("second one", "outside 0.1 to 60", "sequence", "elbow", "not both", "no list"), start=3
    ):
        assert f"row {row}: " in said
        assert part in said
    assert refused.value.told == 1
    assert await trial.count("measurements") == 0
    assert await trial.count("measure_imports") == 0


async def test_a_read_stands_once_it_is_handed_in(trial: Trial) -> None:
    listed = await give(trial, "rita")
    await read_all(trial, listed, by_code)
    with pytest.raises(ReadsFileError, match="another value, which stands"):
        await read_all(trial, listed, lambda _: "11.0")


async def test_a_finding_is_an_urgent_alert_once_whatever_is_locked(trial: Trial) -> None:
    listed = await give(trial, "rita")
    codes = await whose(trial, listed)
    pseudonym, number = listed.items[0]
    await reading.lock_reads(trial.operator, trial.study_id, actor=ACTOR, reason="all read")
    before = (await trial.facts(codes[pseudonym])).revision
    rows = [(pseudonym, number, "cMFC", "deep", "", "unreadable", "yes")]
    for told in (1, 0):
        with pytest.raises(ReadsLockedError) as refused:
            await take(trial, rows)
        assert refused.value.told == told
    alerts = await trial.fetch(
        "SELECT p.code, a.rule, a.severity, a.happened_on::text FROM alerts AS a"
        " JOIN participants AS p ON p.id = a.participant_id"
    )
    assert alerts == [(codes[pseudonym], "image_finding", "urgent", "2026-01-12")]
    assert (await trial.facts(codes[pseudonym])).revision == before + 1
    assert await trial.count("measurements") == 0


async def test_who_differ_are_settled_by_another_by_the_rule_of_then(trial: Trial) -> None:
    rita, ruth = await give(trial, "rita"), await give(trial, "ruth")
    await read_all(trial, rita, by_code)
    apart = {"K-002": "13.1", "K-005": "20.0"}  # by 1.6 and 5.5; the rule allows 1.5
    await read_all(trial, ruth, lambda code: apart.get(code, by_code(code)))
    for login, why in (("rita", "has read"), ("ines", "more than a reader"), ("zoe", "no reader")):
        wish = HandOut(MEASURE, login, ACTOR)
        with pytest.raises(ReadListError, match=why):
            await hand_out_to_settle(trial.operator, trial.context, trial.study_id, wish)
    wish = HandOut(MEASURE, "rolf", ACTOR)
    listed = await hand_out_to_settle(trial.operator, trial.context, trial.study_id, wish)
    assert set((await whose(trial, listed)).values()) == set(apart)
    assert len(listed.items) == 3, "one of the two comes again, hidden"
    await read_all(trial, listed, lambda _: "12.0")
    settled = await trial.fetch(
        "SELECT read_number, count(*) FROM measurements WHERE reader = 'rolf' GROUP BY 1 ORDER BY 1"
    )
    assert settled == [(0, 2), (2, 1)]
    measures = trial.context.catalogue.measures
    figures = await reading.agreement_of(trial.operator, measures, trial.study_id, MEASURE)
    assert [(one.readers, one.agreement.n) for one in figures][-1] == (("rolf",), 1)
    with pytest.raises(ReadListError, match="lie further apart than"):
        await hand_out_to_settle(trial.operator, trial.context, trial.study_id, wish)


async def test_agreement_is_of_first_reads_and_of_hidden_repeats(trial: Trial) -> None:
    rita, ruth = await give(trial, "rita"), await give(trial, "ruth")
    await read_all(trial, rita, by_code)
    await read_all(trial, ruth, by_code)
    measures = trial.context.catalogue.measures
    found = await reading.agreement_of(trial.operator, measures, trial.study_id, MEASURE)
    between, *repeats = found
    assert (between.readers, between.statistic) == (("rita", "ruth"), "icc21")
    assert (between.agreement.estimate, between.agreement.n) == (1.0, 6)
    assert [(one.readers, one.agreement.n) for one in repeats] == [(("rita",), 1), (("ruth",), 1)]
    assert [one.agreement.estimate for one in repeats] == [None, None]


async def test_lists_are_of_images_and_go_only_to_who_is_blind(trial: Trial) -> None:
    for measure, reader, why in (
        (MEASURE, "ines", "more than a reader"),
        ("weight", "rita", "not read from images"),
        ("elbow", "rita", "no known measure"),
    ):
        wish = HandOut(measure, reader, ACTOR)
        with pytest.raises(ReadListError, match=why):
            await hand_out(trial.operator, trial.context, trial.study_id, wish)


async def test_the_rule_stands_before_the_first_read_and_is_not_changed_later(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = await trial.facts("K-001")
    protocol = await trial.context.reader.protocol(
        trial.operator, trial.study_id, facts.protocol_version_id
    )

    def settle_by(differs_beyond: dict[str, Decimal]) -> None:
        assert protocol.coming.measures is not None
        measuring = protocol.coming.measures.model_copy(update={"differs_beyond": differs_beyond})
        coming = protocol.coming.model_copy(update={"measures": measuring})
        changed = AsyncMock(return_value=protocol.model_copy(update={"coming": coming}))
        monkeypatch.setattr(trial.context.reader, "protocol", changed)

    settle_by({})
    with pytest.raises(ReadListError, match="has no threshold"):
        await give(trial, "rita")
    settle_by({MEASURE: Decimal("1.5")})
    await give(trial, "rita")
    settle_by({MEASURE: Decimal("5")})
    with pytest.raises(ReadListError, match="begun by another rule"):
        await give(trial, "ruth")


async def test_exams_are_all_or_none_and_known_ones_change_nothing(trial: Trial) -> None:
    table = read_content("exams.csv", exams_table(*CODES))
    assert await bring_exams(trial.operator, trial.context, trial.study_id, table, actor=ACTOR) == (
        0,
        6,
    )
    wrong = (
        exams_table("K-001")
        + b"K-999,injection,left,2026-01-12,,,\nK-001,nowhere,left,2026-01-12,,,\n"
        + b"K-001,injection,both,2026-01-12,,,\nK-001,injection,left,2031-01-12,,,\n"
        + b"K-001,injection,right,2026-01-12,,,\nK-001,injection,left,2025-12-01,,,\n"
        + b"K-001,injection,left,2026-01-12,,,\n"
    )
    table = read_content("exams.csv", wrong)
    with pytest.raises(TableFileError) as refused:
        await bring_exams(trial.operator, trial.context, trial.study_id, table, actor=ACTOR)
    said = "\n".join(refused.value.mistakes)
    for part in (
        *("row 3: participant", "row 4: visit", "row 5: knee", "row 6: exam_on"),
        *("row 7: knee is not the treated", "row 8: exam_on is outside the visit's days"),
        "row 9: exam_on was given in row 2",
    ):
        assert part in said
