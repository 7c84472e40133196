"""Parts of FHIR resources: who, which code, which id."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

from pro_service.domain.instruments.model import Instrument
from pro_service.services.exports.formats.csv import instant_text
from pro_service.services.exports.formats.persons import Cells

OWN: Final = "urn:pro-service"
LOINC: Final = "http://loinc.org"
UCUM: Final = "http://unitsofmeasure.org"
Json = dict[str, object]
SIDES: Final[Mapping[str, str]] = {"left_knee": "left knee", "right_knee": "right knee"}


def resource_id(*parts: object) -> str:
    """An id of the letters FHIR allows, the same for the same thing."""
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()[:40]


def participant(study: str, code: str) -> Json:
    """A reference to somebody by the code alone."""
    return {"type": "Patient", "identifier": {"system": f"{OWN}:study:{study}", "value": code}}


def concept(instrument: Instrument, code: str, label: str) -> Json:
    """A scale's code: LOINC's if there is one, and our own."""
    loinc = instrument.codes.get(f"loinc_{code}")
    own = {"system": f"{OWN}:instrument:{instrument.id}", "code": code, "display": label}
    known = [] if loinc is None else [{"system": LOINC, "code": loinc}]
    return {"coding": [*known, own], "text": label}


def instant(cells: Cells, name: str) -> str:
    """An instant of a row."""
    at = cells[name]
    if not isinstance(at, datetime):
        raise TypeError(f"{name} is no instant")
    return instant_text(at)


def moment(cells: Cells) -> str:
    """When something was answered: the instant, or of an earlier study the day alone."""
    day = cells["answered_on"]
    if cells["answered_at"] is None and isinstance(day, date):
        return day.isoformat()
    return instant(cells, "answered_at")


def body_site(target: object) -> Json:
    """Which knee, in words; nothing about the person."""
    side = SIDES.get(str(target))
    return {} if side is None else {"bodySite": {"text": side}}
