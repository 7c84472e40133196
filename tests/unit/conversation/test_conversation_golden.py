"""Whole conversations, word by word, as a participant would see them on the telephone.

A file begins with settings (`# language`, `# agenda`, `# standing` answers at its end), then the
opening question (`<` lines), then for each inbound text (`>`, one line) what it counted as
(`=` disposition, command, flags) and the reply (`<` lines; none after a reaction).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args
from uuid import UUID

import pytest

from pro_service.catalog.instrument_files import load_instruments
from pro_service.domain.conversation.advance import advance, begin
from pro_service.domain.conversation.dialogue import AgendaEntry, Dialogue, Step
from pro_service.domain.instruments.model import Language
from pro_service.domain.study.facts import Target
from pro_service.texts.catalogue import TextContext, load_texts

FOLDER = Path(__file__).parents[2] / "data" / "conversations"
INSTRUMENTS = load_instruments()
TEXTS = load_texts()
START = datetime(2026, 3, 2, 10, 30, tzinfo=UTC)


def one_of(choices: object, given: str) -> str:
    assert given in get_args(choices)
    return given


def opening(lines: list[str]) -> tuple[Language, list[AgendaEntry]]:
    settings = dict(line[2:].split(": ", 1) for line in lines if line.startswith("# "))
    language: Language = "zh_CN" if settings["language"] == "zh_CN" else "en"
    agenda = []
    for number, entry in enumerate(settings["agenda"].split(", "), start=1):
        instrument, target, mode = entry.split("/")
        agenda.append(
            AgendaEntry.model_validate(
                {
                    "assessment_id": UUID(int=number),
                    "instrument": INSTRUMENTS[instrument],
                    "target": one_of(Target, target),
                    "text_mode": mode,
                    "answered": {},
                }
            )
        )
    return language, agenda


def stored(agenda: list[AgendaEntry], step: Step) -> list[AgendaEntry]:
    """Return the agenda after the step's answers, as a service would read it again."""
    after = []
    for entry in agenda:
        given = {a.item: a.value for a in step.answers if a.assessment_id == entry.assessment_id}
        after.append(entry.model_copy(update={"answered": {**entry.answered, **given}}))
    return after


def summary(step: Step) -> str:
    marks = [step.disposition, step.command.value if step.command else ""]
    marks += ["offer" if step.offer_other_way else "", "call" if step.call_wanted else ""]
    marks += ["complete" if step.completed else ""]
    return "= " + " ".join(mark for mark in marks if mark)


def walked(lines: list[str]) -> list[str]:
    """Return the conversation as it goes, in the form of the file."""
    language, agenda = opening(lines)
    context = TextContext(
        sender="随访小组" if language == "zh_CN" else "Study team",
        site_telephone="+1 202-555-0143",
        emergency_number="120" if language == "zh_CN" else "911",
        link="https://study.example/q/EXAMPLE",
        instruments=INSTRUMENTS,
    )
    said = [line for line in lines if line.startswith("# ") and not line.startswith("# standing")]
    dialogue, parts = begin(agenda, START)
    said += ["< " + line for line in TEXTS.render(parts, language, context).split("\n")]
    for number, line in enumerate([line for line in lines if line.startswith("> ")]):
        dialogue = Dialogue.model_validate_json(dialogue.model_dump_json())
        step = advance(dialogue, agenda, line[2:], START + timedelta(minutes=number))
        agenda, dialogue = stored(agenda, step), step.dialogue
        said += [line, summary(step)]
        if step.reply:
            rendered = TEXTS.render(step.reply, language, context)
            said += ["< " + reply for reply in rendered.split("\n")]
    standing = [
        f"{code}={'-' if value is None else value}"
        for entry in agenda
        for code, value in entry.answered.items()
    ]
    return [*said, "# standing: " + " ".join(standing)]


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.txt")), ids=lambda path: path.stem)
def test_conversation_goes_word_by_word_as_written(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert walked(lines) == lines


def test_the_conversations_every_participant_may_have_are_written_down() -> None:
    assert {path.stem for path in FOLDER.glob("*.txt")} >= {
        "back_corrects_en",
        "pain_nrs_en",
        "reaction_en",
        "safety_zh",
        "skip_and_does_not_apply_en",
        "stop_zh",
        "symptom_in_words_zh",
        "three_failures_en",
        "womac_lk_grouped_zh",
    }
