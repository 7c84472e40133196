"""Which of a participant's contacts a form is about: named by id, shown by place, owner and number.

A place in the order is another contact's once somebody changes the order, and a form lies open
meanwhile. So what a form sends back is the contact's id; one that is no more is asked for anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from pro_service.domain.delivery.contacts import ContactFacts
from pro_service.web.desk.person.fields import Field, FieldError
from pro_service.web.desk.person.masks import mask_for
from pro_service.web.desk.person.sheets import Asked
from pro_service.web.desk.words import Words

_FIELD: Final = "contact"


def whom(asked: Asked, contacts: Sequence[ContactFacts]) -> Field:
    """Which contact; the only one is chosen already."""
    options = _options(asked, contacts)
    first = [options[0][0]] if len(options) == 1 else []
    return Field(_FIELD, "choice", asked.words.text("contact_sheet.who"), options, first=first)


def chosen(asked: Asked, contacts: Iterable[ContactFacts]) -> ContactFacts:
    """The contact that was chosen. Raises FieldError where it is none of these any more."""
    typed = asked.typed.text(_FIELD)
    for one in contacts:
        if str(one.id) == typed:
            return one
    raise FieldError(_FIELD, "contact_gone")


def shared_in_words(words: Words, code: str, others: Iterable[str]) -> str:
    """That others use somebody's number as well: right for a couple, else a slip."""
    named = [one if " " not in one else words.text("enrol.elsewhere") for one in others]
    return words.text("enrol.shared", code=code, others=", ".join(named))


def _options(asked: Asked, contacts: Iterable[ContactFacts]) -> list[tuple[str, str]]:
    words = asked.words
    return [
        (
            str(one.id),
            words.text(
                "contact_sheet.which",
                place=one.ordinal,
                whose=words.word("whose", one.relation),
                number=mask_for(asked.turn, one),
            ),
        )
        for one in contacts
    ]
