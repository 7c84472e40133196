"""The study's protocol as data: what is asked when, how people are nudged, what raises an alert.

These records are the checked form of a protocol document (`catalog/protocols/*.toml`); field names
are the document's keys. Hours are local to the participant, days count from the anchor's local day.
"""

from __future__ import annotations

from collections.abc import Collection, Container
from datetime import date, time
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field

from pro_service.domain.instruments.model import Instrument, Language, Words
from pro_service.domain.record import Record
from pro_service.domain.study.coming import NOTHING_COMING, Coming
from pro_service.domain.study.facts import EventKind
from pro_service.domain.study.respondents import Mode, RespondentKind
from pro_service.domain.tables.patterns import checked_pattern

AnswerWay = Literal["link", "text"]
"""How a question may be answered."""
Carrier = Literal["text", "email"]
"""What takes a reminder to a participant."""
Carriers = Annotated[tuple[Carrier, ...], Field(min_length=1, max_length=20)]
VisitKind = Literal["scheduled", "treatment", "screening", "unscheduled", "early_termination"]
NudgeProfile = Literal["standard", "safety", "none"]
ScoreReader = Literal["coordinator", "investigator", "data_manager", "monitor"]
Severity = Literal["urgent", "notice"]
BOUNDS = ("at_least", "at_most", "above_baseline", "below_baseline")
"""The keys of a safety rule of which exactly one must stand."""
LONGEST_DAYS = 3660
LONGEST_MONTHS = 120


class Study(Record):
    """Which study this is, and the name its messages carry."""

    code: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$")
    name: Words
    sender: Words
    """Neutral: a message on a locked screen must not tell what the participant is treated for."""
    languages: tuple[Language, ...] = Field(min_length=1)
    second_factor: Literal["none", "year_of_birth"] = "none"
    """What the pages ask for, beside the link or card, before anything is shown."""
    may_name_condition: bool = False
    """Whether the sender's name, seen by bystanders, may tell what the study is about."""
    scores_visible_to: tuple[ScoreReader, ...] = ()
    """Who sees scores and answers; status and safety alerts are seen regardless."""
    free_text_visible_to: tuple[ScoreReader, ...] = ()
    """Who may take free text out in an export, of those who see answers; it may tell of both."""
    code_pattern: Annotated[str, AfterValidator(checked_pattern)] | None = None
    """A regular expression every new participant's whole code must fit, beyond what every code
    must; None: nothing more."""
    retain_until: date | None = None
    """R17: nobody is erased before this day but on a decision of sponsor and ethics committee;
    None: on such a decision alone."""


class SafetyNudges(Record):
    """How the safety visits nudge: on the target day, and again the same day."""

    nudge_at: time = time(9, 30)
    again_after_hours: tuple[int, ...] = (4,)
    call_from: time = time(18, 30)
    """Unanswered at this hour of the target day, a call task is made, weekend or not."""
    by: Carriers = ("text",)
    """What takes the first of them, the second ...; the last named takes all after it."""


class Messaging(Record):
    """When reminders go out, and how many at most."""

    nudge_at: time = time(18, 30)
    quiet_from: time = time(20, 30)
    quiet_until: time = time(8, 30)
    first_days_before_target: int = Field(2, ge=0, le=LONGEST_DAYS)
    then_days_after_first: tuple[int, ...] = (2, 5)
    minimum_gap_hours: int = Field(24, ge=0, le=24 * 31)
    texts_a_day: int = Field(1, ge=1, le=24)
    """Reminder texts one participant may get on a local day."""
    texts_a_day_per_number: int = Field(4, ge=1, le=100)
    """Reminder texts one number may get on a local day, whoever shares it."""
    question_in_reminder: bool = False
    """Whether a reminder answered by text brings the first question, which a locked screen may
    show; else it brings none, and whatever the participant replies opens the questions."""
    by: Carriers = ("text",)
    """What takes a visit's first reminder, its second ...; the last named takes all after it. Who
    cannot be reached by what is named for one is written to by what is named for another."""
    safety: SafetyNudges = SafetyNudges()
    own_words: bool = False
    """R7: whether staff may reply in their own words, beside the protocol's replies."""
    read_from: time | None = None
    read_until: time | None = None
    """R7: the hours in which somebody reads what comes in, told in every reply; None: not told."""


class Calls(Record):
    """When silence becomes a call task for a coordinator."""

    nudges_unanswered: int = Field(2, ge=1, le=10)
    unanswered_hours: int = Field(24, ge=0, le=24 * 31)
    working_days_left: int = Field(3, ge=0, le=31)
    tries: int = Field(3, ge=1, le=20)
    """So many tries that reach nobody, and the call leaves the list; safety calls and those about
    a number go on."""
    silent_visits: int = Field(2, ge=1, le=10)
    """So many visits in a row without any answer: the participant cannot be reached."""


class SafetyRule(Record):
    """One reason for an alert: an answer or score at a bound, or changed since baseline by a step.

    An investigator must confirm every rule before a study uses it.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    severity: Severity = "urgent"
    """`urgent` is told to the participant at once; `notice` is for staff alone."""
    instruments: tuple[str, ...] = Field(min_length=1)
    items: tuple[str, ...] = ()
    """The items looked at; none means every item of the instruments."""
    scale: str | None = None
    """Look at this scale's raw score, once all is answered (sent in or not), and at no item."""
    at_least: int | None = None
    at_most: int | None = None
    above_baseline: int | None = Field(None, ge=1)
    """At least so far above the baseline of the same item or scale; without one it is silent."""
    below_baseline: int | None = Field(None, ge=1)
    """At least so far below it, where a low answer or score is the bad one."""
    baseline_instrument: str | None = None
    """Whose baseline is compared with; None: see `Safety.compared_with`."""
    within_days: int | None = Field(None, ge=0, le=LONGEST_DAYS)
    """Only on days 0 to this many after the event; None means at any time."""
    after: EventKind | None = None
    """The event `within_days` counts from; None: the latest injection, a rescue included."""
    instruction: Words = Field(default_factory=dict)
    """What the participant is to do, in every language of the study. An urgent rule's is told to
    them at once, beside whom to telephone; staff see it with the alert."""

    @property
    def is_about_change(self) -> bool:
        """Whether the rule compares with a baseline."""
        return self.above_baseline is not None or self.below_baseline is not None


class Safety(Record):
    """The rules, and what those about a change compare with.

    A baseline is the last scorable complete sitting before the knee's injection.
    """

    baseline_visit: str | None = None
    """Only sittings at this visit are a baseline; None: those at any visit."""
    baseline_instrument: str | None = None
    """Whose baseline rules about items compare with if they name none themselves."""
    escalate_after_hours: int | None = Field(None, ge=1, le=24 * 31)
    """An urgent alert nobody has seen for so long becomes a call task; None: it never does."""
    rules: tuple[SafetyRule, ...] = ()

    def looks_at(self, instrument: str, items: Collection[str]) -> bool:
        """Whether a single answer to one of these items may raise an urgent alert."""
        return any(
            rule.severity == "urgent"
            and rule.scale is None
            and instrument in rule.instruments
            and (not rule.items or not set(rule.items).isdisjoint(items))
            for rule in self.rules
        )

    def looks_at_scores(self, instrument: str) -> bool:
        """Whether a score of this instrument may raise an urgent alert."""
        return any(
            rule.severity == "urgent" and rule.scale is not None and instrument in rule.instruments
            for rule in self.rules
        )

    def tells_of_scores(self, instrument: str) -> bool:
        """Whether a score of this instrument may raise any alert."""
        return any(rule.scale is not None and instrument in rule.instruments for rule in self.rules)

    def compared_with(self, rule: SafetyRule, instrument: str) -> str:
        """Return the instrument whose baseline a rule compares an answer to `instrument` with.

        That is the one the rule names, for items else the study's, else the answered one itself.
        """
        if rule.baseline_instrument is not None:
            return rule.baseline_instrument
        if rule.scale is None and self.baseline_instrument is not None:
            return self.baseline_instrument
        return instrument

    def urgent(self, rules: Container[str]) -> tuple[SafetyRule, ...]:
        """Return the urgent ones among these rule ids, in the protocol's order."""
        return tuple(one for one in self.rules if one.id in rules and one.severity == "urgent")


class InstrumentUse(Record):
    """What this protocol permits for one instrument. WOMAC by text must be switched on here."""

    by_text: bool = False
    may_not_apply: tuple[str, ...] = ()
    """Items for which "does not apply to me" is offered; it scores as missing."""
    screens: Literal["grouped", "one by one"] = "grouped"
    """On a page: the instrument's short groups, or one question a screen."""
    modes: tuple[Mode, ...] | None = None
    """R11: the ways of answering that are for analysis. An entry in another is kept apart; pages
    and, with `by_text`, texts must be named, for nothing answered there is ever kept apart. None:
    pages and texts are, and no entry is."""
    respondents: tuple[RespondentKind, ...] | None = None
    """R11: who may be entered for analysis. An entry of others is kept apart; whoever answers on
    pages or by text is kept with the sitting, and the analysis plan says who counts. None:
    everybody who may answer."""
    second_entry: bool = False
    """R11: paper of it is typed in a second time, unseen, by another person; differences are
    settled. False: it is typed once."""


LINKS_ALONE: Final = InstrumentUse()
"""What is permitted for an instrument that a protocol does not name."""


class Ask(Record):
    """One instrument asked at a visit, for each treated knee or once for the person."""

    instrument: str
    targets: Literal["treated_knees", "person"]
    ways: tuple[AnswerWay, ...] = Field(("link", "text"), min_length=1)
    text_mode: Literal["item", "grouped"] = "item"


class Anchor(Record):
    """The event a visit counts from: its planned day, or the day it happened."""

    event: EventKind
    ordinal: int = Field(1, ge=1, le=99)
    basis: Literal["planned", "occurred"] = "occurred"


class Offset(Record):
    """The target day: days or calendar months from the anchor, or the day of another event."""

    days: int = Field(0, ge=-LONGEST_DAYS, le=LONGEST_DAYS)
    months: int = Field(0, ge=-LONGEST_MONTHS, le=LONGEST_MONTHS)
    event: EventKind | None = None
    """The target is this event's own day (the anchor's, as long as the event has no date)."""


class Window(Record):
    """The days a visit is open: around its target, or from one day to another of its anchor.

    It closes at the local midnight after its last day, or at the instant the anchor happens.
    """

    days_before: int | None = Field(None, ge=0, le=LONGEST_DAYS)
    days_after: int | None = Field(None, ge=0, le=LONGEST_DAYS)
    from_day: int | None = Field(None, ge=-LONGEST_DAYS, le=LONGEST_DAYS)
    to_day: int | None = Field(None, ge=-LONGEST_DAYS, le=LONGEST_DAYS)
    closes: Literal["end of day", "anchor instant"] = "end of day"


class VisitDefinition(Record):
    """One visit of the protocol; dated for a participant it becomes a visit."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    label: Words
    kind: VisitKind = "scheduled"
    anchor: Anchor | None = None
    """None for unscheduled visits only."""
    target: Offset = Offset()
    window: Window = Window()
    clinic_window: Window | None = None
    """The days on which the hospital visit counts, where they differ from the questionnaire's."""
    asks: tuple[Ask, ...] = ()
    nudges: NudgeProfile = "none"
    imaging: bool = False
    """An MRI belongs to this visit."""
    retired: bool = False
    """Planned for nobody any more; who has answered at it keeps it. An amendment that drops a visit
    says so, so that what was asked there is still known by name."""

    @property
    def in_clinic(self) -> bool:
        """Whether the participant comes to the hospital for it: screening, treatment, imaging."""
        by_kind = self.kind in ("screening", "treatment")
        return by_kind or self.imaging or self.clinic_window is not None


UNWELL_VISIT: Final = VisitDefinition(
    id="unwell",
    label={"en": "Something is wrong", "zh_CN": "身体不适"},
    kind="unscheduled",
    nudges="safety",
)
"""The visit at which a participant said that something is wrong: in every protocol, dated by none.

What it asks the protocol says (`follow_up.unwell`); no text reminds of it, a call does."""


class Protocol(Record):
    """One version of a study's protocol, checked."""

    study: Study
    events: dict[EventKind, int]
    """How many times each kind of event may happen to one participant."""
    messaging: Messaging
    calls: Calls
    safety: Safety
    instruments: dict[str, InstrumentUse]
    visits: tuple[VisitDefinition, ...]
    coming: Coming = NOTHING_COMING
    """What is checked, and not acted upon yet but for `entry` and `escalation`."""

    def find(self, definition: str) -> VisitDefinition | None:
        """Return the visit definition with this id, or None."""
        for visit in self.visits:
            if visit.id == definition:
                return visit
        return UNWELL_VISIT if definition == UNWELL_VISIT.id else None

    def definition(self, definition: str) -> VisitDefinition:
        """Return the visit definition with this id; KeyError if there is none."""
        found = self.find(definition)
        if found is None:
            raise KeyError(definition)
        return found

    def ask(self, definition: str, instrument: str) -> Ask | None:
        """Return how a visit asks an instrument, or None; an extra visit's choice is free."""
        found = self.find(definition)
        if found is None:
            return None
        if found.kind == "unscheduled":
            return Ask(instrument=instrument, targets="treated_knees")
        return next((ask for ask in found.asks if ask.instrument == instrument), None)

    def use(self, instrument: str) -> InstrumentUse:
        """Return what is permitted for an instrument; nothing beyond links if it is not named."""
        return self.instruments.get(instrument, LINKS_ALONE)

    @property
    def types_twice(self) -> bool:
        """Whether paper of anything is typed in a second time."""
        return any(one.second_entry for one in self.instruments.values())

    def screens_of(self, instrument: Instrument) -> tuple[tuple[str, ...], ...]:
        """Return the item codes of each screen of an instrument, in asking order."""
        if self.use(instrument.id).screens == "grouped":
            return instrument.groups
        return tuple((code,) for group in instrument.groups for code in group)
