"""What is asked of `correlate`, checked against what there is."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

from pro_service.domain.endpoints.visits import BASELINE
from pro_service.domain.errors import ProServiceError
from pro_service.domain.instruments.model import Instrument, Scale, Total
from pro_service.domain.measures.analyses import Question
from pro_service.domain.measures.model import Measure, Place
from pro_service.domain.study.protocol import Protocol
from pro_service.services.base.catalogue import Catalogue

WHOLE: Final = "full"
"""The layer that is meant where none is named and there is one of this code."""


class QuestionError(ProServiceError):
    """There is no such score, measure, part of a knee or visit."""


class Asked(NamedTuple):
    """A question as it was typed."""

    score: str
    """Instrument and scale, as `womac-nrs-3.1/pain`."""
    measure: str
    region: str | None = None
    layer: str | None = None
    visit: str | None = None


class Terms(NamedTuple):
    """What a question is about."""

    instrument: Instrument
    scored: Scale | Total
    measure: Measure
    question: Question


def read_question(catalogue: Catalogue, protocol: Protocol | None, asked: Asked) -> Terms:
    """The question, of what the catalogue and the protocol have. Raises QuestionError."""
    instrument, scored = _score(catalogue, asked.score)
    measure = catalogue.measures.get(asked.measure)
    if measure is None:
        raise QuestionError(
            f"There is no measure {asked.measure}.", mend=_known(catalogue.measures)
        )
    region = _place("region", measure, measure.regions, asked.region)
    layer = _place("layer", measure, measure.layers, asked.layer)
    visits = (BASELINE, *(() if protocol is None else (one.id for one in protocol.visits)))
    if asked.visit is not None and asked.visit not in visits:
        raise QuestionError(f"There is no visit {asked.visit}.", mend=_known(visits))
    question = Question(instrument.id, scored.code, measure.id, region, layer, asked.visit)
    return Terms(instrument, scored, measure, question)


def _score(catalogue: Catalogue, name: str) -> tuple[Instrument, Scale | Total]:
    wanted, _, code = name.partition("/")
    instrument = catalogue.instruments.get(wanted)
    if instrument is None:
        raise QuestionError(
            f"There is no instrument {wanted}.",
            mend=f"Name it with its scale, as womac-nrs-3.1/pain. {_known(catalogue.instruments)}",
        )
    for scored in instrument.results:
        if scored.code == code:
            return instrument, scored
    raise QuestionError(
        f"{instrument.id} has no scale {code or '(none was named)'}.",
        mend=_known([f"{instrument.id}/{one.code}" for one in instrument.results]),
    )


def _place(what: str, measure: Measure, places: Sequence[Place], code: str | None) -> str | None:
    known = [one.code for one in places]
    if code is None and WHOLE in known:
        return WHOLE
    if code is None and not known:
        return None
    if code in known:
        return code
    if not known:
        raise QuestionError(f"{measure.id} has no {what}s.", mend=f"Leave the {what} out.")
    said = f"no {what} {code}" if code else f"several {what}s, and none is named"
    raise QuestionError(f"{measure.id} has {said}.", mend=_known(known))


def _known(names: Collection[str]) -> str:
    return f"Known: {', '.join(names)}."
