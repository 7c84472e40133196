"""Questionnaire and QuestionnaireResponse of FHIR R4B.

The knee asked about is the first item, for FHIR has no place for it. A choice keeps its number as
the code; what it counts is HL7's ordinalValue, why there is no answer HL7's data-absent-reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pro_service.domain.instruments.model import Choice, Instrument, Item, Words
from pro_service.services.exports.formats.fhir_parts import (
    LOINC,
    OWN,
    SIDES,
    Json,
    moment,
    participant,
    resource_id,
)
from pro_service.services.exports.formats.persons import Asked, Cells

KNEE: Final = "target"
"""Link id of the knee asked about."""
_HL7: Final = "http://hl7.org/fhir/StructureDefinition"
ABSENT: Final = {
    "skipped": "asked-declined",
    "refused": "asked-declined",
    "not_applicable": "not-applicable",
    "not_reached": "not-asked",
    "unreadable": "error",
    "withdrew_data_use": "masked",
}
"""Codes of HL7's data-absent-reason by kind of gap; any other is `unknown`."""
STATUSES: Final = {"completed": "completed", "late": "completed", "partial": "stopped"}
"""Codes of questionnaire-answers-status by state; any other is `in-progress`."""


def questionnaire(instrument: Instrument) -> Json:
    """An instrument with its neutral labels, English and Chinese."""
    knee: list[Json] = []
    if instrument.asks_about == "knee":
        knee = [{"linkId": KNEE, "text": "Knee asked about", "type": "string"}]
    loinc = instrument.codes.get("loinc")
    return {
        "resourceType": "Questionnaire",
        "id": resource_id(instrument.id, instrument.version),
        "url": _url(instrument),
        "version": instrument.version,
        "title": instrument.title["en"],
        "status": "active",
        "subjectType": ["Patient"],
        **({} if loinc is None else {"code": [{"system": LOINC, "code": loinc}]}),
        "item": knee + [_item(instrument, item) for item in instrument.items],
    }


def response(study: str, asked: Asked, instrument: Instrument, rows: Sequence[Cells]) -> Json:
    """The answers of the sitting that stands."""
    first = rows[0]
    answered = {} if first["answered_on"] is None else {"authored": moment(first)}
    knee: list[Json] = []
    if instrument.asks_about == "knee":
        knee = [{"linkId": KNEE, "answer": [{"valueString": SIDES[asked.target]}]}]
    place = f"{asked.participant}/{asked.visit}/{asked.occurrence}/{asked.target}"
    return {
        "resourceType": "QuestionnaireResponse",
        "id": response_id(study, asked),
        "identifier": {
            "system": f"{OWN}:study:{study}:sitting",
            "value": f"{place}/{asked.instrument}/{first['sitting']}",
        },
        "questionnaire": f"{_url(instrument)}|{instrument.version}",
        "status": STATUSES.get(str(first["state"]), "in-progress"),
        "subject": participant(study, asked.participant),
        **answered,
        "item": knee + [_answer(instrument.item(str(row["item"])), row) for row in rows],
    }


def response_id(study: str, asked: Asked) -> str:
    """The id of a response, which its scores name."""
    return resource_id(study, *asked)


def _url(instrument: Instrument) -> str:
    return f"{OWN}:questionnaire:{instrument.id}"


def _item(instrument: Instrument, item: Item) -> Json:
    systems = (("loinc", LOINC), ("cdisc", "http://ncicb.nci.nih.gov/xml/odm/EVS/CDISC"))
    codes = [
        {"system": url, "code": instrument.codes[f"{system}_{item.code}"]}
        for system, url in systems
        if f"{system}_{item.code}" in instrument.codes
    ]
    told: Json = {"linkId": item.code, **({"code": codes} if codes else {})}
    told |= {"text": item.label["en"], "_text": _in_chinese(item.label), "type": _type(item)}
    if item.choices:
        options = [{"valueCoding": _coding(item, choice)} for choice in item.choices]
        return told | {"answerOption": options}
    return told


def _type(item: Item) -> str:
    if item.choices:
        return "choice"
    return "decimal" if item.decimals else "integer"


def _in_chinese(words: Words) -> Json:
    parts = [
        {"url": "lang", "valueCode": "zh-CN"},
        {"url": "content", "valueString": words["zh_CN"]},
    ]
    return {"extension": [{"url": f"{_HL7}/translation", "extension": parts}]}


def _coding(item: Item, choice: Choice) -> Json:
    weight = {"url": f"{_HL7}/ordinalValue", "valueDecimal": float(item.counted(choice.value))}
    return {
        "extension": [weight],
        "code": str(choice.value),
        "display": choice.label["en"],
        "_display": _in_chinese(choice.label),
    }


def _answer(item: Item, row: Cells) -> Json:
    value = row["value"]
    if value is None:
        code = ABSENT.get(str(row["missing_reason"]), "unknown")
        why = {"url": f"{_HL7}/data-absent-reason", "valueCode": code}
        return {"linkId": item.code, "extension": [why]}
    if not item.choices:
        if _type(item) == "integer":
            return {"linkId": item.code, "answer": [{"valueInteger": int(str(value))}]}
        return {"linkId": item.code, "answer": [{"valueDecimal": float(str(value))}]}
    choice = next(one for one in item.choices if one.value == value)
    return {"linkId": item.code, "answer": [{"valueCoding": _coding(item, choice)}]}
