"""What is read anew of a participant whose facts are in hand."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from pro_service.domain.delivery.contacts import ContactFacts
from pro_service.domain.record import Record
from pro_service.domain.study.facts import SiteFacts


class Around(Record):
    """The parts of a participant's facts that their revision does not guard, study time apart."""

    site: SiteFacts
    contacts: tuple[ContactFacts, ...]


class FactsAround(NamedTuple):
    """What stands around facts at a revision, for whoever has those of that revision in hand."""

    origin: str
    """Which rows these are (`pro.facts_origin`)."""
    revision: int
    now: datetime
    around: str
    """`Around` as JSON, which is mostly what it was."""
