"""When an answer that was sent may be corrected (rule R13 of the trial).

What we misread is corrected against what was typed, which must be there. What they meant is
corrected only at their own dated request: within recall of the answer (the span the instrument
gives one sitting), or with a source from that time. Neither by one person alone (R15).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from pro_service.domain.errors import ProServiceError
from pro_service.domain.instruments.model import Instrument
from pro_service.domain.instruments.numbers import Value
from pro_service.domain.instruments.values import is_permitted
from pro_service.domain.record import Record


class CorrectionKind(StrEnum):
    """What was wrong about an answer."""

    misread = "misread"
    """We read what was typed as another value."""
    meant = "meant"
    """They meant another value, and asked for it."""
    belongs = "belongs"
    """It belongs to the other knee, to another visit, or to another participant."""


class CorrectionRefusal(StrEnum):
    """Why a request cannot be taken."""

    not_sent = "not_sent"
    """Nothing was sent there; before it is sent an answer is changed where it is given."""
    no_answer = "no_answer"
    """The question has no answer that could be corrected."""
    same = "same"
    """It is what stands already, as whoever asks can see."""
    no_value = "no_value"
    """What is wished is no answer to the question."""
    nothing_typed = "nothing_typed"
    """Nothing that was typed is kept, so there is nothing it could be read against."""
    no_date = "no_date"
    """It is not said when they asked, or that is before the answer or later than now."""
    past_recall = "past_recall"
    """They asked later than they can recall, and no source from then is named."""
    waiting = "waiting"
    """A request about this answer waits for its decision."""
    not_asked = "not_asked"
    """The same is not asked where it is said to belong."""
    same_place = "same_place"
    """It stands there already."""
    not_open = "not_open"
    """Where it is said to belong nothing was asked yet when it was answered."""
    taken = "taken"
    """At that visit something was sent already."""


class CorrectionRefusedError(ProServiceError):
    """This answer cannot be corrected so; `why` says for what reason."""

    def __init__(self, why: CorrectionRefusal) -> None:
        """Keep the reason."""
        super().__init__(f"This answer cannot be corrected: {why}.")
        self.why = why


class Standing(Record):
    """The answer that stands, as far as a correction asks, never its value. Instants aware UTC."""

    answered_at: datetime
    typed: bool
    """What was typed is kept."""


class Wish(Record):
    """What is asked for."""

    kind: CorrectionKind
    item: str
    value: Value | None
    said_at: datetime | None
    has_source: bool


def check_wish(instrument: Instrument, stands: Standing, wish: Wish, now: datetime) -> Value:
    """Return the value that is wished. Raises CorrectionRefusedError."""
    item = next((one for one in instrument.items if one.code == wish.item), None)
    if item is None:
        raise CorrectionRefusedError(CorrectionRefusal.no_answer)
    if wish.value is None or not is_permitted(item, wish.value):
        raise CorrectionRefusedError(CorrectionRefusal.no_value)
    if wish.kind is CorrectionKind.misread:
        if not stands.typed:
            raise CorrectionRefusedError(CorrectionRefusal.nothing_typed)
    else:
        said_at = wish.said_at
        if said_at is None or not stands.answered_at <= said_at <= now:
            raise CorrectionRefusedError(CorrectionRefusal.no_date)
        recall = timedelta(hours=instrument.attempt_span_hours)
        if said_at - stands.answered_at > recall and not wish.has_source:
            raise CorrectionRefusedError(CorrectionRefusal.past_recall)
    return wish.value


def may_decide(asked_by: str, decides: str) -> bool:
    """Tell whether somebody may decide: never who asked."""
    return asked_by != decides
