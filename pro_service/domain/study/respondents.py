"""Who gives a participant's answers: the participant, helped by a reader or not, or a proxy."""

from __future__ import annotations

from typing import Final, Literal

from pro_service.domain.delivery.contacts import ContactRelation
from pro_service.domain.record import Record

Mode = Literal["web", "text", "voice", "telephone", "paper", "tablet"]
"""How a sitting is answered."""
EntryMode = Literal["telephone", "paper"]
"""How answers are told that staff type in."""
ENTERED: Final[frozenset[str]] = frozenset({"telephone", "paper"})
"""The modes of sittings that staff type in: nobody answers on in them by page or text."""
APART: Final[frozenset[str]] = ENTERED | {"tablet"}
"""The modes of sittings of their own: nobody answers on in them by page or text. A tablet that is
handed over shows nothing given before, and what is given on it is shown nowhere else (R12)."""
IMPORTED: Final = "imported"
"""How sittings of an earlier study came that a file brought in: they are at no visit of this one,
and nobody is asked, reminded, alarmed or counted by them."""
RespondentKind = Literal["self", "self_with_reader", "proxy"]
Relation = Literal["spouse", "child", "relative", "carer", "other"]
"""What somebody who answers on behalf of a participant is to the participant."""


class Respondent(Record):
    """Who answers; `relation` is there for a proxy, and for nobody else."""

    kind: RespondentKind
    relation: Relation | None = None

    @property
    def word(self) -> str:
        """One word for it, as forms and cookies carry it: `proxy.spouse`."""
        return self.kind if self.relation is None else f"{self.kind}.{self.relation}"


SELF: Final = Respondent(kind="self")


def with_help(mode: str, respondent: RespondentKind) -> bool:
    """Tell whether a sitting was answered with somebody's help, and not by themselves alone (R11).

    Help is whoever rang or typed, read the questions out, or answered on their behalf; a tablet
    that was handed over is none. `pro.with_help` says the same in the database.
    """
    return mode in ENTERED or respondent != SELF.kind


ON_BEHALF: Final = tuple(
    Respondent(kind="proxy", relation=relation)
    for relation in ("spouse", "child", "relative", "carer", "other")
)
RESPONDENTS: Final = (SELF, Respondent(kind="self_with_reader"), *ON_BEHALF)
"""Everybody who may answer, in the order they are offered."""

_BY_WORD: Final = {one.word: one for one in RESPONDENTS}


def read_respondent(word: str) -> Respondent | None:
    """The respondent a form or cookie names, or None."""
    return _BY_WORD.get(word)


_AT: Final[dict[ContactRelation, Respondent]] = {
    "self": SELF,
    "spouse": Respondent(kind="proxy", relation="spouse"),
    "child": Respondent(kind="proxy", relation="child"),
    "caregiver": Respondent(kind="proxy", relation="carer"),
    "other": Respondent(kind="proxy", relation="other"),
}


def respondent_at(relation: ContactRelation) -> Respondent:
    """Who answers by text from a telephone: its owner, on behalf of the participant if another."""
    return _AT[relation]
