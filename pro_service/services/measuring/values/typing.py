"""Values typed in by staff at one visit: all that were given are kept, or none.

A value where one stands is a correction: a further revision, with a reason. One out of range is
confirmed, with a reason. What was entered by mistake is struck, with a reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pro_service.domain.errors import ProServiceError
from pro_service.domain.measures.taking import Refused, Said
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.protocol import Protocol
from pro_service.services.base.notes import note_about, with_note
from pro_service.services.base.turns import Plan, Who, Write, turn
from pro_service.services.measuring.values.bringing import row_of_value
from pro_service.services.measuring.values.judging import Judge, Judged, judge_of_one
from pro_service.store.connection import Connection, Guard, transaction
from pro_service.store.measuring import keeping as store
from pro_service.store.measuring.keeping import MeasurementRow


class TypedValue(NamedTuple):
    """A value as it was typed into a field of a form."""

    field: str
    said: Said
    seen: int | None = None
    """The revision that stood where it was typed, 0 for none; None: nobody looked."""
    strikes: bool = False
    """There is no such value: what stands was entered by mistake."""


class Kept(NamedTuple):
    """How many values are new, how many corrected, and how many struck."""

    new: int
    changed: int
    struck: int


class ValuesTypedError(ProServiceError):
    """Some of what was typed cannot be kept, so nothing was."""

    def __init__(self, problems: Mapping[str, Refused]) -> None:
        """Keep what is wrong, by field."""
        super().__init__()
        self.problems = problems


class NothingTypedError(ProServiceError):
    """Nothing was typed that does not stand already."""


async def record_values(who: Who, values: Sequence[TypedValue], *, actor: str, why: str) -> Kept:
    """Keep values of one participant; `why` is the reason of corrections and confirmations.

    Raises ValuesTypedError, NothingTypedError, KeyGoneError, BusyError.
    """

    async def decide(facts: ParticipantFacts, protocol: Protocol) -> Plan[Kept]:
        judge = await judge_of_one(who.connection, who.context, facts, protocol)
        found = _judge_all(judge, facts, values, why.strip())
        note = note_about(who.context, facts, why.strip()) if why.strip() else None
        rows = [row_of_value(one, note, struck=struck) for one, struck in found]
        fates = [one.fate for one, struck in found if not struck]
        kept = Kept(fates.count("new"), fates.count("changed"), len(found) - len(fates))
        return Plan(kept, with_note(who, note, _writing(rows, actor)))

    return await turn(who, decide, lean=True)


def _judge_all(
    judge: Judge, facts: ParticipantFacts, values: Sequence[TypedValue], why: str
) -> list[tuple[Judged, bool]]:
    """The values to write, each with whether it is struck. Raises ValuesTypedError."""
    person = judge.people[facts.code]
    problems: dict[str, Refused] = {}
    found: list[tuple[Judged, bool]] = []
    for typed in values:
        said = typed.said._replace(confirmed=typed.said.confirmed and bool(why))
        if typed.strikes:
            # What stands is struck as it is: it need not be what could be entered today.
            said = said._replace(value=None, gap="not_done", confirmed=True)
        judged = judge.take(person, said, number=None, why=why)
        if isinstance(judged, Refused):
            problems[typed.field] = judged
        elif wrong := _wrong(judged, typed, why):
            problems[typed.field] = wrong
        elif typed.strikes or judged.fate != "same":
            found.append((_as_struck(judged) if typed.strikes else judged, typed.strikes))
    if problems:
        raise ValuesTypedError(problems)
    if not found:
        raise NothingTypedError
    return found


def _wrong(judged: Judged, typed: TypedValue, why: str) -> Refused | None:
    before = judged.before
    standing = 0 if before is None else before.revision
    if typed.seen is not None and typed.seen != standing:
        return Refused("changed_meanwhile", "value")
    if typed.strikes and before is None:
        return Refused("nothing_to_strike", "value")
    if (typed.strikes or judged.fate == "changed") and not why:
        return Refused("reason_missing", "reason")
    return None


def _as_struck(judged: Judged) -> Judged:
    before = judged.before
    if before is None:
        return judged
    said = judged.said._replace(value=before.value, gap=before.gap, measured_on=before.measured_on)
    return judged._replace(said=said)


def _writing(rows: Sequence[MeasurementRow], actor: str) -> Write:
    async def write(connection: Connection, guard: Guard) -> None:
        async with transaction(connection) as lent:
            turns = {guard.participant_id: guard.revision}
            await store.take_turns_as_read(lent, guard.study_id, turns)
            await store.insert_measurements(lent, guard.study_id, rows, actor=actor)

    return write
