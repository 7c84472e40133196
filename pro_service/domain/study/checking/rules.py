"""What a protocol of the right shape can still get wrong: the rules, one function each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pro_service.domain.delivery.templates import telling_words
from pro_service.domain.instruments.model import Instrument
from pro_service.domain.study.checking.coming import coming_problems
from pro_service.domain.study.checking.draft import Draft, Placed, name_problems, word_problems
from pro_service.domain.study.checking.problems import Problem, suggestion
from pro_service.domain.study.checking.safety import safety_problems
from pro_service.domain.study.checking.windows import window_problems
from pro_service.domain.study.facts import EventKind
from pro_service.domain.study.protocol import UNWELL_VISIT, Ask, InstrumentUse
from pro_service.domain.study.schedule import PLANNABLE
from pro_service.domain.study.times import is_quiet


def rule_problems(draft: Draft) -> list[Problem]:
    """Return everything the rules find, in the document's order."""
    problems = [*_study_problems(draft), *_messaging_problems(draft), *safety_problems(draft)]
    problems += _use_problems(draft)
    problems += coming_problems(draft)
    counts = Counter(placed.visit.id for placed in draft.visits)
    seen: set[str] = set()
    for placed in draft.visits:
        identity = placed.visit.id
        if counts[identity] > 1 and identity in seen:
            problems.append(
                Problem(
                    f"{placed.path}.id",
                    f"{identity} is the id of an earlier visit",
                    "Give every visit an id of its own.",
                )
            )
        seen.add(identity)
        if identity == UNWELL_VISIT.id:
            problems.append(
                Problem(
                    f"{placed.path}.id",
                    f"{identity} is the id of the visit every study has for its safety checklist",
                    "Give this visit another id.",
                )
            )
        problems += _anchor_problems(draft, placed)
        problems += _ask_problems(draft, placed)
        problems += word_problems(draft, placed.visit.label, f"{placed.path}.label")
    dated = [(placed.path, placed.visit) for placed in draft.visits if placed.dated]
    problems += window_problems(dated, draft.messaging)
    return problems


def _study_problems(draft: Draft) -> Iterator[Problem]:
    if draft.study is not None:
        yield from word_problems(draft, draft.study.name, "study.name")
        yield from word_problems(draft, draft.study.sender, "study.sender")
        for language, sender in draft.study.sender.items():
            told = [] if draft.study.may_name_condition else telling_words(sender)
            if told:
                yield Problem(
                    f"study.sender.{language}",
                    f"tells bystanders what the study is about: {told[0]}",
                    "Take a neutral name, or set study.may_name_condition = true.",
                )
        for index, role in enumerate(draft.study.free_text_visible_to):
            if role not in draft.study.scores_visible_to:
                yield Problem(
                    f"study.free_text_visible_to[{index}]",
                    f"{role} is not among study.scores_visible_to, and free text may tell answers",
                    "Name the role there too, or take it away here.",
                )
    for kind, count in (draft.events or {}).items():
        if count < 1:
            yield Problem(
                f"events.{kind}", "occurs less than once", "Give 1 or more, or remove it."
            )


def _messaging_problems(draft: Draft) -> Iterator[Problem]:
    messaging = draft.messaging
    if messaging is None:
        return
    quiet = messaging.quiet_from, messaging.quiet_until
    mend = f"Choose an hour outside {quiet[0]:%H:%M}-{quiet[1]:%H:%M}."
    if is_quiet(messaging.nudge_at, *quiet):
        yield Problem("messaging.nudge_at", "lies in quiet hours", mend)
    if is_quiet(messaging.safety.nudge_at, *quiet):
        yield Problem("messaging.safety.nudge_at", "lies in quiet hours", mend)
    minutes = messaging.safety.nudge_at.hour * 60 + messaging.safety.nudge_at.minute
    previous = 0
    for index, hours in enumerate(messaging.safety.again_after_hours):
        path = f"messaging.safety.again_after_hours[{index}]"
        if hours <= previous:
            yield Problem(path, "is not later than the nudge before it", "Put them in order.")
        previous = hours
        later = minutes + 60 * hours
        at = messaging.nudge_at.replace(hour=later // 60 % 24, minute=later % 60)
        if later >= 24 * 60 or is_quiet(at, *quiet):
            yield Problem(path, "puts a safety nudge into quiet hours or the next day", mend)
    previous = 0
    for index, days in enumerate(messaging.then_days_after_first):
        path = f"messaging.then_days_after_first[{index}]"
        if days <= previous:
            yield Problem(path, "is not later than the nudge before it", "Put them in order.")
        elif 24 * (days - previous) < messaging.minimum_gap_hours:
            yield Problem(
                path,
                "comes sooner after the nudge before it than minimum_gap_hours allows",
                "Move it to a later day.",
            )
        previous = max(days, previous)


def _use_problems(draft: Draft) -> Iterator[Problem]:
    for name, use in draft.uses.items():
        path = f'instrument."{name}"'
        yield from name_problems(draft, name, path)
        instrument = draft.instruments.get(name)
        if instrument is None:
            continue
        codes = [item.code for item in instrument.items]
        for index, code in enumerate(use.may_not_apply):
            if code not in codes:
                yield Problem(
                    f"{path}.may_not_apply[{index}]", f"is no item of {name}",
                    suggestion(code, codes),
                )  # fmt: skip


def _anchor_problems(draft: Draft, placed: Placed) -> Iterator[Problem]:
    visit, path = placed.visit, f"{placed.path}.anchor"
    if visit.kind == "unscheduled":
        if visit.anchor is not None:
            yield Problem(path, "cannot date an unscheduled visit", "Remove it.")
        return
    if visit.anchor is None:
        yield Problem(
            path,
            f"is missing, so {visit.id} is never reached",
            "Name the event it counts from.",
        )
        return
    anchor, events = visit.anchor, draft.events
    if events is not None and anchor.event not in events:
        yield Problem(
            f"{path}.event",
            f"{anchor.event} never occurs in this protocol, so {visit.id} is never reached",
            f"Add {anchor.event} = 1 under [events], or count from another event.",
        )
    elif events is not None and anchor.ordinal > events[anchor.event]:
        yield Problem(
            f"{path}.ordinal",
            f"{anchor.event} occurs {events[anchor.event]} time(s) at most, "
            f"so {visit.id} is never reached",
            "Count from an earlier one, or raise the number under [events].",
        )
    if anchor.basis == "planned" and anchor.event not in PLANNABLE:
        yield Problem(
            f"{path}.basis",
            f"{anchor.event} is never planned, so {visit.id} is never reached",
            'Use basis = "occurred".',
        )
    if anchor.event is EventKind.death and visit.asks:
        yield Problem(
            f"{path}.event", "nobody can be asked after a death", "Count from another event."
        )
    other = visit.target.event
    if other is not None and events is not None and other not in events:
        yield Problem(
            f"{placed.path}.target.event",
            f"{other} never occurs in this protocol",
            f"Add {other} = 1 under [events], or give days or months.",
        )


def _ask_problems(draft: Draft, placed: Placed) -> Iterator[Problem]:
    visit = placed.visit
    if visit.nudges != "none" and not visit.asks and visit.kind != "unscheduled":
        yield Problem(
            f"{placed.path}.nudges", "the visit asks nothing", 'Use nudges = "none", or add asks.'
        )
    asked: set[tuple[str, str]] = set()
    for index, ask in enumerate(visit.asks):
        path = f"{placed.path}.asks[{index}]"
        yield from name_problems(draft, ask.instrument, f"{path}.instrument")
        if (ask.instrument, ask.targets) in asked:
            yield Problem(path, "asks the same instrument twice at one visit", "Remove one.")
        asked.add((ask.instrument, ask.targets))
        instrument = draft.instruments.get(ask.instrument)
        if instrument is not None:
            yield from _one_ask_problems(draft, ask, instrument, path)


def _one_ask_problems(
    draft: Draft, ask: Ask, instrument: Instrument, path: str
) -> Iterator[Problem]:
    fitting = "treated_knees" if instrument.asks_about == "knee" else "person"
    if ask.targets != fitting:
        yield Problem(
            f"{path}.targets",
            f"{ask.instrument} asks about the {instrument.asks_about}",
            f'Use targets = "{fitting}".',
        )
    by_text = draft.uses.get(ask.instrument, InstrumentUse()).by_text
    if "text" in ask.ways and not by_text:
        only = set(ask.ways) == {"text"}
        yield Problem(
            f"{path}.ways",
            f"{ask.instrument} may not go by text"
            + (" and no other way is given, so it can never be answered" if only else ""),
            f'Set by_text = true under [instrument."{ask.instrument}"], or use ways = ["link"].',
        )
    if draft.study is not None:
        for language in draft.study.languages:
            if not instrument.title.get(language):
                yield Problem(
                    f"{path}.instrument",
                    f"{ask.instrument} has no words in {language}",
                    "Use another instrument, or take the language out of study.languages.",
                )
