"""Observation of FHIR R4B: a score, a measure."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Final

from pro_service.domain.instruments.model import Instrument
from pro_service.services.exports.columns import Cell
from pro_service.services.exports.formats.fhir_parts import (
    OWN,
    UCUM,
    Json,
    body_site,
    concept,
    moment,
    participant,
    resource_id,
)
from pro_service.services.exports.formats.fhir_questionnaires import response_id
from pro_service.services.exports.formats.persons import Asked, Cells, asked_of

SURVEY: Final = "http://terminology.hl7.org/CodeSystem/observation-category"
STATUSES: Final = {"complete": "final", "unsent": "preliminary", "partial": "preliminary"}
"""Codes of observation-status by what a score is made of."""
SCORE: Final = "{score}"
"""UCUM's annotation for a figure without a unit."""


def of_score(study: str, instrument: Instrument, row: Cells, begun: Collection[Asked]) -> Json:
    """A score that exists; on 0-100 as a component, where the scale has that."""
    asked = asked_of(row)
    scale = str(row["scale"])
    normalised = row["score_0_100"]
    parts: Json = {}
    if normalised is not None:
        label = {"coding": [{"system": f"{OWN}:score", "code": "0-100"}], "text": "On 0-100"}
        parts["component"] = [{"code": label, "valueQuantity": _quantity(normalised, SCORE)}]
    if asked in begun:
        parts["derivedFrom"] = [{"reference": f"QuestionnaireResponse/{response_id(study, asked)}"}]
    return {
        "resourceType": "Observation",
        "id": resource_id(study, *asked, scale),
        "status": STATUSES[str(row["basis"])],
        "category": [{"coding": [{"system": SURVEY, "code": "survey"}]}],
        "code": concept(instrument, scale, f"{instrument.title['en']}: {scale}"),
        "subject": participant(study, asked.participant),
        **body_site(row["target"]),
        "effectiveDateTime": moment(row),
        "valueQuantity": _quantity(row["raw"], SCORE),
        **parts,
    }


def of_measure(study: str, row: Cells) -> Json:
    """A value of a measure, of one reader and one read."""
    measured_on = row["measured_on"]
    if not isinstance(measured_on, date):
        raise TypeError("measured_on is no day")
    own = {"system": f"{OWN}:measure", "code": str(row["measure"])}
    site = body_site(row["target"])
    where = "; ".join(str(row[each]) for each in ("region", "layer") if row[each] is not None)
    note = {"note": [{"text": where}]} if where else {}
    return {
        "resourceType": "Observation",
        "id": resource_id(study, row["entry"]),
        "status": "final",
        "code": {"coding": [own], "text": str(row["label_en"])},
        "subject": participant(study, str(row["participant"])),
        **site,
        "effectiveDateTime": measured_on.isoformat(),
        "valueQuantity": _quantity(row["value"], str(row["unit"] or "1")),
        **note,
    }


def _quantity(value: Cell, unit: str) -> Json:
    return {"value": float(str(value)), "unit": unit, "system": UCUM, "code": unit}
