"""FHIR R4B: a file of lines (NDJSON) a kind of resource.

`Questionnaire.ndjson` has a line an instrument, `QuestionnaireResponse.ndjson` one a questionnaire
that was begun, `Observation.ndjson` one a score and a measure that has a value. People are named by
their code alone. Codes are LOINC's and UCUM's where the catalogue has them, else our own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, ClassVar, Final

from pro_service.services.base.files import open_private
from pro_service.services.exports.formats.fhir_observations import of_measure, of_score
from pro_service.services.exports.formats.fhir_questionnaires import questionnaire, response
from pro_service.services.exports.formats.persons import Cells, PersonWriter, by_questionnaire

if TYPE_CHECKING:
    from typing import TextIO

    from pro_service.domain.instruments.model import Instrument

KINDS: Final = ("Questionnaire", "QuestionnaireResponse", "Observation")
NOT_BEGUN: Final = frozenset({"not_yet_due", "due", "missed", "declined", "not_applicable"})


class FhirWriter(PersonWriter):
    """Writes three files of lines."""

    uses: ClassVar[frozenset[str]] = frozenset({"items", "scores", "measures"})

    def __init__(self, instruments: Mapping[str, Instrument]) -> None:
        """Nothing is written before `open`."""
        super().__init__(instruments)
        self._files = ExitStack()
        self._out: dict[str, TextIO] = {}
        self._met: set[str] = set()

    def begin(self) -> None:
        """Open the files."""
        for kind in KINDS:
            file = open_private(self.folder / f"{kind}.ndjson")
            self._out[kind] = self._files.enter_context(file)

    def write(self, code: str, rows: Mapping[str, list[Cells]]) -> None:
        """Write a participant's resources."""
        begun = set()
        for asked, answers in by_questionnaire(rows.get("items", [])):
            if answers[0]["state"] not in NOT_BEGUN and answers[0]["sitting"] is not None:
                instrument = self.instruments[asked.instrument]
                if asked.instrument not in self._met:
                    self._met.add(asked.instrument)
                    self._line(questionnaire(instrument))
                begun.add(asked)
                self._line(response(self.told.study, asked, instrument, answers))
        for row in rows.get("scores", []):
            if row["raw"] is not None:
                instrument = self.instruments[str(row["instrument"])]
                self._line(of_score(self.told.study, instrument, row, begun))
        for row in rows.get("measures", []):
            if row["value"] is not None:
                self._line(of_measure(self.told.study, row))

    def finish(self) -> None:
        """Close the files."""
        self._files.close()

    def _line(self, resource: Mapping[str, object]) -> None:
        self._out[str(resource["resourceType"])].write(
            f"{json.dumps(resource, ensure_ascii=False)}\n"
        )
