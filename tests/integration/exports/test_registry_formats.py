"""What registries read, of a real export: ODM against its schema, SDTM, FHIR by its own models."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import jsonschema
import pyreadstat
from fhir.resources.R4B import get_fhir_model_class
from lxml import etree

from pro_service.catalog.instrument_files import load_instruments
from pro_service.services.exports.columns import TABLES, Column
from pro_service.services.exports.formats.fhir import NOT_BEGUN
from pro_service.services.exports.formats.odm import NOT_ASKED_YET
from pro_service.services.exports.formats.odm_metadata import NAMESPACE
from pro_service.services.exports.formats.xpt import data_set
from pro_service.services.exports.sdtm import DM, OPEN_STATES, QS, SV, short_code
from tests.integration.exports.conftest import Cells
from tests.support.record.shared import standard

XML_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"
RESPONSE_STATUSES: Final = {"in-progress", "completed", "amended", "entered-in-error", "stopped"}
OBSERVATION_STATUSES: Final = {"registered", "preliminary", "final", "amended"}


def key(row: Mapping[str, str]) -> tuple[str, ...]:
    names = ("participant", "visit", "occurrence", "instrument", "target", "item")
    return tuple(row[name] for name in names)


def odm(folder: Path) -> Any:
    return etree.parse(folder / "odm.xml").getroot()


def path(text: str) -> str:
    """A path whose elements are ODM's."""
    return "/".join(f"{{{NAMESPACE}}}{name}" for name in text.split("/"))


def test_odm_is_valid_against_its_schema(exported: tuple[Path, Path]) -> None:
    rules = etree.XMLSchema(etree.parse(standard("odm-1.3.2/ODM1-3-2.xsd")))
    rules.assertValid(odm(exported[0]))


def test_odm_has_every_answer_and_every_gap(
    exported: tuple[Path, Path], tables: Mapping[str, Cells]
) -> None:
    found: dict[tuple[str, ...], str | None] = {}
    for who in odm(exported[0]).findall(path("ClinicalData/SubjectData")):
        for event in who.findall(path("StudyEventData")):
            for form in event.findall(path("FormData")):
                instrument = form.get("FormOID").removeprefix("F.")
                for item in form.findall(path("ItemGroupData/ItemData")):
                    code = item.get("ItemOID").removeprefix(f"I.{instrument}.")
                    visit = event.get("StudyEventOID").removeprefix("SE.")
                    place = (who.get("SubjectKey"), visit, event.get("StudyEventRepeatKey"))
                    why = item.findtext(path("Annotation/Comment"))
                    told = item.get("Value") if item.get("IsNull") is None else why
                    found[*place, instrument, form.get("FormRepeatKey"), code] = told
    wanted = {
        key(row): row["value"] or row["missing_reason"]
        for row in tables["items"]
        if row["state"] not in NOT_ASKED_YET
    }
    assert found == wanted
    assert "skipped" in found.values()


def test_odm_says_in_both_languages_what_was_asked_and_who_answered_when(
    exported: tuple[Path, Path], tables: Mapping[str, Cells]
) -> None:
    root = odm(exported[0])
    words = root.findall(path("Study/MetaDataVersion/ItemDef/Question"))
    assert len(words) > 24
    for question in words:
        texts = question.findall(path("TranslatedText"))
        assert [each.get(XML_LANG) for each in texts] == ["en", "zh-CN"]
    defined = {each.get("OID") for each in root.iter(path("User"))}
    assert {each.get("UserOID") for each in root.iter(path("UserRef"))} <= defined
    sites = {each.get("OID") for each in root.iter(path("Location"))}
    assert {each.get("LocationOID") for each in root.iter(path("LocationRef"))} <= sites
    at = {each.text for each in root.iter(path("DateTimeStamp"))}
    assert at == {row["answered_at"] for row in tables["items"]} - {""}


def test_dataset_json_is_valid_and_has_what_the_tables_have(
    exported: tuple[Path, Path], tables: Mapping[str, Cells]
) -> None:
    rules = json.loads(standard("dataset-json-1.1.schema.json").read_text(encoding="utf-8"))
    check = jsonschema.validators.validator_for(rules)(rules)
    for name, rows in tables.items():
        document = read_json(exported[0], name)
        check.validate(document)
        columns = TABLES[name].columns
        assert [each["name"] for each in document["columns"]] == [one.short for one in columns]
        assert document["records"] == len(document["rows"]) == len(rows)
        for cells, row in zip(document["rows"], rows, strict=True):
            for column, cell in zip(columns, cells, strict=True):
                assert told(column, cell) == untouched(row[column.name]), (name, column.name)
    for domain in (DM, SV, QS):
        check.validate(read_json(exported[0], domain.name))


def read_json(folder: Path, table: str) -> Any:
    file = folder / f"{data_set(table).lower()}.json"
    return json.loads(file.read_text(encoding="utf-8"))


def told(column: Column, cell: object) -> str:
    """A cell of Dataset-JSON as CSV has it."""
    if cell is None or isinstance(cell, bool):
        return {None: "", True: "yes", False: "no"}[cell]
    text = str(cell)
    is_fraction = column.type == "decimal" and "." in text
    return text.rstrip("0").rstrip(".") if is_fraction else text


def untouched(cell: str) -> str:
    """A cell of CSV without what keeps a spreadsheet from running it."""
    return cell.removeprefix("'")


def test_sdtm_has_an_answer_a_record_and_what_was_not_done_with_its_reason(
    exported: tuple[Path, Path], tables: Mapping[str, Cells]
) -> None:
    document = read_json(exported[0], "qs")
    records = [dict(zip(names(document), row, strict=True)) for row in document["rows"]]
    wanted = [
        row for row in tables["items"] if row["value"] or row["missing_reason"] not in OPEN_STATES
    ]
    assert len(records) == len(wanted)
    for record, row in zip(records, wanted, strict=True):
        assert record["USUBJID"] == f"{row['study']}-{row['participant']}"
        assert (record["QSSTRESC"] or "") == row["value"]
        assert (record["QSREASND"] or "") == row["missing_reason"]
        assert (record["QSSTAT"] == "NOT DONE") is (row["value"] == "")
        assert record["VISIT"] == row["visit"]
    numbers = Counter((record["USUBJID"], record["QSSEQ"]) for record in records)
    assert set(numbers.values()) == {1}
    assert len({record["VISIT"] for record in records}) == len(
        {record["VISITNUM"] for record in records}
    )
    frame, _ = pyreadstat.read_xport(exported[0] / "qs.xpt", output_format="polars")
    assert frame.columns == [column.short for column in QS.columns]
    assert frame["QSTESTCD"].to_list() == [record["QSTESTCD"] for record in records]
    people = read_json(exported[0], "dm")
    assert len(people["rows"]) == len(tables["participants"])


def names(document: Any) -> list[str]:
    return [each["name"] for each in document["columns"]]


def test_short_names_of_questions_fit_and_differ() -> None:
    for instrument in load_instruments().values():
        codes = [short_code(instrument, item.code) for item in instrument.items]
        assert len(set(codes)) == len(codes), instrument.id
        assert all(len(code) <= 8 and code[0].isalpha() and code.isalnum() for code in codes)


def read_lines(folder: Path, kind: str) -> list[dict[str, Any]]:
    """The resources, each accepted by the models of FHIR R4B."""
    lines = (folder / f"{kind}.ndjson").read_text(encoding="utf-8").splitlines()
    model = get_fhir_model_class(kind)
    for line in lines:
        model.model_validate_json(line)
    return [json.loads(line) for line in lines]


def test_fhir_has_every_answer_of_what_was_begun(
    exported: tuple[Path, Path], tables: Mapping[str, Cells]
) -> None:
    questionnaires = read_lines(exported[0], "Questionnaire")
    asked = {f"{one['url']}|{one['version']}": one for one in questionnaires}
    found: dict[tuple[str, ...], str] = {}
    for one in read_lines(exported[0], "QuestionnaireResponse"):
        assert one["status"] in RESPONSE_STATUSES
        assert [item["linkId"] for item in one["item"]] == [
            item["linkId"] for item in asked[one["questionnaire"]]["item"]
        ]
        who, visit, occurrence, target, instrument, _ = one["identifier"]["value"].split("/")
        for item in one["item"]:
            if "answer" in item and item["linkId"] != "target":
                place = (who, visit, occurrence, instrument, target, item["linkId"])
                found[place] = answer(item["answer"][0])
    wanted = {
        key(row): row["value"]
        for row in tables["items"]
        if row["value"] and row["state"] not in NOT_BEGUN
    }
    assert found == wanted


def answer(told: Mapping[str, Any]) -> str:
    coding = told.get("valueCoding")
    return str(told["valueInteger"] if coding is None else coding["code"])


def test_fhir_has_every_score_with_its_codes(
    exported: tuple[Path, Path], tables: Mapping[str, Cells]
) -> None:
    observations = read_lines(exported[0], "Observation")
    assert {one["status"] for one in observations} <= OBSERVATION_STATUSES
    ids = {one["id"] for one in read_lines(exported[0], "QuestionnaireResponse")}
    for one in observations:
        assert one["valueQuantity"]["system"] == "http://unitsofmeasure.org"
        (source,) = one["derivedFrom"]
        assert source["reference"].removeprefix("QuestionnaireResponse/") in ids
    scores = Counter(
        (row["participant"], row["scale"], float(row["raw"]))
        for row in tables["scores"]
        if row["raw"]
    )
    assert scores == Counter(
        (
            one["subject"]["identifier"]["value"],
            one["code"]["coding"][-1]["code"],
            one["valueQuantity"]["value"],
        )
        for one in observations
    )
