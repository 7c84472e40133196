"""Values of measures and refusals in the words of the desk."""

from __future__ import annotations

from decimal import Decimal

from pro_service.domain.instruments.numbers import written
from pro_service.domain.measures.model import Measure
from pro_service.domain.measures.taking import Refused
from pro_service.web.desk.words import Words


def value_in_words(words: Words, measure: Measure, value: Decimal | None, gap: str | None) -> str:
    """A value with its unit, a grade or yes and no in words; or why there is none."""
    if value is None:
        return words.word("measures.gap", gap or "not_done")
    if measure.kind == "yes_no":
        return words.text("measures.yes" if value else "measures.no")
    grade = next((one for one in measure.grades if one.value == value), None)
    number = written(value)
    return number if grade is None else f"{number} – {words.chosen(grade.label)}"


def refusal_in_words(words: Words, refused: Refused) -> str:
    """What is wrong, and the mend, in the reader's language."""
    told = {"known": "", "most": "", "lowest": "", "highest": "", "unit": ""}
    told |= {"first": "", "last": "", "row": ""} | dict(refused.told)
    return words.text(f"measures.refused.{refused.word}", **told)
