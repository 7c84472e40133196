"""The form that closes a call: whom one may have rung, what may have come of it, what ends it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pro_service.domain.study.follow_up.call_keys import CONFIRM_NUMBER
from pro_service.domain.study.reaching.call_outcomes import UNTIL_DONE, CallOutcome, what_follows
from pro_service.store.desk.desk import ContactLine
from pro_service.web.desk.contacts import contact_in_words
from pro_service.web.desk.words import Words


def call_form(words: Words, reason: str, contacts: Sequence[ContactLine]) -> dict[str, Any]:
    """What the form of one call shows.

    Whose telephone was rung is asked only where there are several; the one that is still to be
    confirmed is then chosen already.
    """
    rung = [one for one in contacts if one.kind == "phone" and one.silence != "wrong_number"]
    several = rung if len(rung) > 1 else []
    waiting = [one for one in rung if one.silence == "number_unconfirmed"]
    return {
        "outcomes": [(one.value, _in_words(words, one)) for one in CallOutcome],
        "rung": [
            {
                "id": one.id,
                "who": contact_in_words(words, one),
                "chosen": reason == CONFIRM_NUMBER and waiting == [one],
            }
            for one in several
        ],
        "ends": words.word("call_ends", reason) if reason in UNTIL_DONE else None,
    }


def _in_words(words: Words, outcome: CallOutcome) -> str:
    """An outcome, and what choosing it does where it does more than close the call."""
    said = words.word("outcome", outcome)
    follows = what_follows("", outcome)
    acts = follows.not_theirs or follows.alert or follows.rests_for
    return words.text(f"outcome_does.{outcome}", outcome=said) if acts else said
