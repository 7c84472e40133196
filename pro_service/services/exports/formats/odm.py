"""ODM 1.3.2 (CDISC): `odm.xml`, streamed, with metadata in both languages and the audit trail.

A visit is a StudyEvent, its occurrence the StudyEventRepeatKey; a questionnaire is a Form with one
ItemGroup, the knee its FormRepeatKey. A form says who gave its answers and when; an answer that is
not the first to its item says when it came and why. What is not yet due is no form; what was asked
and not answered IsNull, with the reason as a comment. Scores are derived: other formats have them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from shutil import copyfileobj
from typing import TYPE_CHECKING, ClassVar, Final

from pro_service.domain.instruments.model import Instrument
from pro_service.domain.instruments.numbers import written
from pro_service.domain.study.respondents import IMPORTED
from pro_service.services.base.files import open_private, open_scratch
from pro_service.services.exports.formats.csv import instant_text
from pro_service.services.exports.formats.odm_metadata import Met, head
from pro_service.services.exports.formats.persons import (
    Asked,
    Cells,
    PersonWriter,
    by_questionnaire,
)
from pro_service.services.exports.formats.xml import tag, text

if TYPE_CHECKING:
    from typing import TextIO

FILE: Final = "odm.xml"
NOT_ASKED_YET: Final = frozenset({"not_yet_due", "due", "not_applicable"})
"""States of a questionnaire that is no form."""
_WHY: Final = {
    "misread": "typed or read wrongly",
    "meant": "meant otherwise",
    "belongs": "recorded in the wrong place",
}
Corrections = Mapping[tuple[object, ...], Cells]
"""Approved ones, by the answer they are about."""


class OdmWriter(PersonWriter):
    """Writes participants to a file without a name, and at the end what has to stand before."""

    uses: ClassVar[frozenset[str]] = frozenset({"visits", "items", "corrections"})

    def __init__(self, instruments: Mapping[str, Instrument]) -> None:
        """Nothing is written before `open`."""
        super().__init__(instruments)
        self._met = Met()
        self._data: TextIO | None = None

    def begin(self) -> None:
        """Begin the participants."""
        self._data = open_scratch(self.folder)

    def write(self, code: str, rows: Mapping[str, list[Cells]]) -> None:
        """Write a participant with every form."""
        for visit in rows.get("visits", []):
            self._met.visits.setdefault(str(visit["visit"]), str(visit["kind"]))
        items = rows.get("items", [])
        site = str(next((row["site"] for found in rows.values() for row in found), ""))
        self._met.sites.add(site)
        self._met.users.add(code)
        events: dict[tuple[str, int], list[str]] = {}
        corrections = {_place(one): one for one in rows.get("corrections", []) if one["approved"]}
        self._met.users.update(str(one["recorded_by"]) for one in corrections.values())
        for asked, answers in by_questionnaire(items):
            if answers[0]["state"] not in NOT_ASKED_YET:
                form = self._form(asked, answers, corrections)
                events.setdefault((asked.visit, asked.occurrence), []).append(form)
        site_and_forms = tag("SiteRef", LocationOID=f"L.{site}") + "".join(
            tag(
                "StudyEventData",
                "".join(forms),
                StudyEventOID=f"SE.{visit}",
                StudyEventRepeatKey=str(occurrence),
            )
            for (visit, occurrence), forms in events.items()
        )
        self._out.write(tag("SubjectData", site_and_forms, SubjectKey=code) + "\n")

    def finish(self) -> None:
        """Put head, participants and end together."""
        with self._out as data, open_private(self.folder / FILE) as file:
            file.write(head(self.told, self._met, self.instruments))
            data.seek(0)
            copyfileobj(data, file)
            file.write("</ClinicalData></ODM>\n")

    @property
    def _out(self) -> TextIO:
        if self._data is None:
            raise ValueError("the format was not opened")
        return self._data

    def _form(self, asked: Asked, answers: list[Cells], corrections: Corrections) -> str:
        first = answers[0]
        kind = "unscheduled" if first["mode"] == IMPORTED else "scheduled"
        self._met.visits.setdefault(asked.visit, kind)
        self._met.asks.setdefault(asked.visit, {})[asked.instrument] = None
        who = str(first["entered_by"] or asked.participant)
        self._met.users.add(who)
        items = "".join(_item(asked, row, who, corrections) for row in answers)
        group = tag("ItemGroupData", items, ItemGroupOID=f"IG.{asked.instrument}")
        return tag(
            "FormData",
            _audit(asked, who, first["answered_at"]) + group,
            FormOID=f"F.{asked.instrument}",
            FormRepeatKey=asked.target,
        )


def _item(asked: Asked, row: Cells, who: str, corrections: Corrections) -> str:
    oid = f"I.{asked.instrument}.{row['item']}"
    if row["value"] is None:
        why = text("Comment", str(row["missing_reason"]), SponsorOrSite="Sponsor")
        note = tag("Annotation", why, SeqNum="1")
        return tag("ItemData", note, ItemOID=oid, IsNull="Yes")
    audit = ""
    if row["corrections"]:
        made = corrections.get(_place(row))
        why = "answered again" if made is None else _WHY[str(made["kind"])]
        by = who if made is None else str(made["recorded_by"])
        audit = _audit(asked, by, row["received_at"], why)
    return tag("ItemData", audit, ItemOID=oid, Value=_figure(row["value"]))


def _figure(value: object) -> str:
    return written(value) if isinstance(value, int | Decimal) else str(value)


def _place(row: Cells) -> tuple[object, ...]:
    names = ("visit", "occurrence", "instrument", "target", "sitting", "item")
    return tuple(row[name] for name in names)


def _audit(asked: Asked, who: str, at: object, why: str | None = None) -> str:
    """Who, where, when and why; nothing where nobody answered."""
    if not isinstance(at, datetime):
        return ""
    reason = "" if why is None else text("ReasonForChange", why)
    return tag(
        "AuditRecord",
        tag("UserRef", UserOID=f"U.{who}")
        + tag("LocationRef", LocationOID=f"L.{asked.site}")
        + text("DateTimeStamp", instant_text(at))
        + reason,
    )
