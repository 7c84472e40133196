"""The whole export: one snapshot of the database, as it stood at one instant of study time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import asyncpg

from pro_service.catalog.endpoint_files import load_endpoint_rules
from pro_service.domain.instruments.model import Instrument, Item, Scale, Total
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.signing import verify_signatures
from pro_service.services.exports.columns import FILES, Cell
from pro_service.services.exports.cuts import find_cut
from pro_service.services.exports.data_queries import data_query_rows
from pro_service.services.exports.files import Tables, new_export
from pro_service.services.exports.instants import settle
from pro_service.services.exports.naming import PLAN_FILE, plan_cells, rule_cells
from pro_service.services.exports.own_events import own_event_rows
from pro_service.services.exports.rows import ParticipantData, Snapshot, participant_rows
from pro_service.services.exports.signatures import signature_rows
from pro_service.store.base import operations
from pro_service.store.base.data_out import TakenOut, insert_data_out
from pro_service.store.exports import export as store
from pro_service.store.record import signatures
from pro_service.store.study.studies import StudyRow


async def export(
    connection: asyncpg.Connection[asyncpg.Record],
    context: ServiceContext,
    study: StudyRow,
    folder: Path,
    *,
    as_of: datetime | None = None,
    cut: str | None = None,
    told: Callable[[int, int], None] = lambda done, of: None,
) -> dict[str, int]:
    """Write a study's tables into `folder`; returns the rows of each file.

    `as_of` None is now. What was recorded later is not seen: answers, scores, events, statuses and
    schedules are those of that instant, and the same whenever they are asked for again. Of a data
    cut (`cut` is its name) the instant is the cut's, and every byte is the same each time. Raises
    AsOfError, CutError, ExportFolderError.
    """
    if cut is not None:
        as_of = (await find_cut(connection, study.id, cut)).cut_at
    at = await settle(connection, as_of)
    with ExitStack() as stack:
        async with store.one_snapshot(connection):
            now = await operations.get_study_time(connection)
            kind = await operations.get_database_kind(connection) or "undeclared"
            plan = await context.reader.plan(connection, study.id, at)
            rules = load_endpoint_rules() if plan is None else plan.plan.rules
            flagged = frozenset[str]() if plan is None else plan.plan.flagged_events
            instruments = context.catalogue.instruments
            snapshot = Snapshot(kind, study.code, at, instruments, rules, flagged)
            about = _about(context, snapshot, now, cut) | plan_cells(plan)
            extra = {} if plan is None else {PLAN_FILE: plan.source}
            tables = stack.enter_context(new_export(folder, about, extra))
            await _participants(connection, context, study, snapshot, tables, told)
            for row in _instrument_rows(context):
                tables.add("instruments.csv", row)
            for row in _codebook_rows():
                tables.add("codebook.csv", row)
        # The folder appears once the record says who takes it out.
        narrowed_by = "" if as_of is None else f"as_of={at.astimezone(UTC).isoformat()}"
        if cut is not None:
            narrowed_by = f"cut={cut}&{narrowed_by}"
        taken = TakenOut("export", narrowed_by, sum(tables.counts.values()))
        await insert_data_out(connection, study.id, taken)
    return tables.counts


async def _participants(
    connection: asyncpg.Connection[asyncpg.Record],
    context: ServiceContext,
    study: StudyRow,
    snapshot: Snapshot,
    tables: Tables,
    told: Callable[[int, int], None],
) -> None:
    found = await store.list_exported_participants(connection, study.id, snapshot.as_of)
    signed = set(await signatures.list_signed_participants(connection, study.id, snapshot.as_of))
    for number, one in enumerate(found, start=1):
        place = (connection, study.id, one.id, snapshot.as_of)
        protocol = await context.reader.protocol(connection, study.id, one.protocol_version_id)
        rows = participant_rows(
            snapshot,
            ParticipantData(
                one,
                protocol,
                await store.list_exported_assessments(*place),
                await store.list_exported_answers(*place),
                await store.list_exported_scores(*place),
            ),
        )
        made = await signatures.list_signatures(*place) if one.id in signed else []
        verified = await verify_signatures(connection, study.id, made, snapshot.as_of)
        happened = await store.list_exported_own_events(*place)
        asked = await store.list_exported_data_queries(*place)
        for name, of_file in (
            ("scores.csv", rows.scores),
            ("items.csv", rows.items),
            ("endpoints.csv", rows.endpoints),
            ("own_events.csv", own_event_rows(snapshot, one, protocol, happened)),
            ("data_queries.csv", data_query_rows(snapshot, one, asked)),
            ("signatures.csv", signature_rows(snapshot, one, verified)),
        ):
            for row in of_file:
                tables.add(name, row)
        told(number, len(found))


def _about(
    context: ServiceContext, snapshot: Snapshot, now: datetime, cut: str | None
) -> dict[str, object]:
    """What the manifest says; of a cut nothing that differs from one making to the next."""
    return {
        "study": snapshot.study,
        "database": snapshot.database,
        "data_cut": cut,
        "as_of": snapshot.as_of.astimezone(UTC).isoformat(),
        "exported_at_study_time": None if cut is not None else now.astimezone(UTC).isoformat(),
        "release": context.release,
    } | rule_cells(snapshot.rules)


def _codebook_rows() -> Iterator[dict[str, Cell]]:
    for file, columns in FILES.items():
        for column in columns:
            yield {
                "file": file,
                "column": column.name,
                "type": column.type,
                "meaning": column.meaning,
                "values": column.values,
            }


def _instrument_rows(context: ServiceContext) -> Iterator[dict[str, Cell]]:
    for instrument in context.catalogue.neutral_instruments.values():
        for item in instrument.items:
            yield _item_row(instrument, item)
        for scored in instrument.results:
            yield _scale_row(instrument, scored)


def _item_row(instrument: Instrument, item: Item) -> dict[str, Cell]:
    meanings = [f"{choice.value}={choice.label['en']}" for choice in item.choices] or [
        f"{value}={words['en']}"
        for value, words in ((item.minimum, item.low_anchor), (item.maximum, item.high_anchor))
        if words
    ]
    return _row(instrument, "item", item.code) | {
        "label_en": item.label["en"],
        "label_zh_CN": item.label["zh_CN"],
        "lowest": item.minimum,
        "highest": item.maximum,
        "choices": "; ".join(meanings),
        "direction": instrument.direction,
    }


def _scale_row(instrument: Instrument, scored: Scale | Total) -> dict[str, Cell]:
    return _row(instrument, "scale", scored.code) | {
        "lowest": scored.minimum,
        "highest": scored.maximum,
        "rule": scored.rule,
        "made_of": "; ".join(scored.items if isinstance(scored, Scale) else scored.scales),
        "minimum_answered": scored.minimum_answered if isinstance(scored, Scale) else None,
        "direction": instrument.direction_of(scored),
        "scoring_version": instrument.scoring_version,
    }


def _row(instrument: Instrument, kind: str, code: str) -> dict[str, Cell]:
    systems = ("cdisc", "sponsor", "loinc") if kind == "item" else ("loinc",)
    codes = [
        f"{system}={instrument.codes[f'{system}_{code}']}"
        for system in systems
        if f"{system}_{code}" in instrument.codes
    ]
    if "cdisc_qscat" in instrument.codes:
        codes.append(f"cdisc_qscat={instrument.codes['cdisc_qscat']}")
    empty: dict[str, Cell] = dict.fromkeys(column.name for column in FILES["instruments.csv"])
    return empty | {
        "instrument": instrument.id,
        "instrument_version": instrument.version,
        "kind": kind,
        "code": code,
        "codes": "; ".join(codes),
        "citation": instrument.citation,
    }
