"""What is wrong with the keys that nothing acts upon yet: a wrong value is refused all the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from pro_service.domain.study.checking.consents import consent_problems
from pro_service.domain.study.checking.draft import Draft, name_problems, word_problems
from pro_service.domain.study.checking.measuring import measuring_problems
from pro_service.domain.study.checking.problems import Problem, suggestion
from pro_service.domain.study.coming import DataCut, Escalation, OwnEvent
from pro_service.domain.study.facts import EventKind
from pro_service.domain.study.protocol import InstrumentUse
from pro_service.domain.study.respondents import Mode

_NEVER = {"injects", "rates", "knows_allocation"}


def coming_problems(draft: Draft) -> Iterator[Problem]:
    """Say what is wrong with them, in the order of the record `Coming`."""
    yield from _messaging_problems(draft)
    yield from _use_problems(draft)
    coming = draft.coming
    if coming.entry is not None:
        missing = sorted(_NEVER - set(coming.entry.never))
        if missing:
            yield Problem(
                "entry.never",
                f"does not exclude who {', '.join(missing)}",
                "Leave the key out: whoever injects, rates or knows the allocation never enters.",
            )
    if coming.escalation is not None:
        yield from _escalation_problems(coming.escalation)
    yield from _twice("reply", [one.id for one in coming.reply])
    for index, reply in enumerate(coming.reply):
        yield from word_problems(draft, reply.words, f"reply[{index}].words")
    yield from _twice("own_event", [one.id for one in coming.own_event])
    for index, kind in enumerate(coming.own_event):
        yield from _own_event_problems(draft, kind, f"own_event[{index}]")
    for place, names in (
        ("source_system", coming.source_system),
        ("tablet", coming.tablet),
    ):
        for index, name in enumerate(() if names is None else names.instruments):
            yield from name_problems(draft, name, f"{place}.instruments[{index}]")
    yield from _tablet_problems(draft)
    yield from _twice("data_cut", [one.id for one in coming.data_cut])
    for index, cut in enumerate(coming.data_cut):
        yield from _cut_problems(draft, cut, f"data_cut[{index}]")
    yield from _change_problems(draft)
    yield from _twice("signature_meaning", [one.id for one in coming.signature_meaning])
    for index, meaning in enumerate(coming.signature_meaning):
        yield from word_problems(draft, meaning.label, f"signature_meaning[{index}].label")
    yield from consent_problems(draft)
    yield from measuring_problems(draft)


def _change_problems(draft: Draft) -> Iterator[Problem]:
    rules = draft.coming.data_query
    for index, rule in enumerate(() if rules is None else rules.change):
        path = f"data_query.change[{index}]"
        yield from name_problems(draft, rule.instrument, f"{path}.instrument")
        instrument = draft.instruments.get(rule.instrument)
        if instrument is None:
            continue
        known = {result.code for result in instrument.results}
        if rule.scale not in known:
            yield Problem(
                f"{path}.scale", f"is no scale of {instrument.id}", suggestion(rule.scale, known)
            )


def _messaging_problems(draft: Draft) -> Iterator[Problem]:
    messaging = draft.messaging
    if messaging is None:
        return
    hours = {"read_from": messaging.read_from, "read_until": messaging.read_until}
    lacking = [name for name, hour in hours.items() if hour is None]
    if len(lacking) == 1:
        yield Problem(f"messaging.{lacking[0]}", "is missing beside the other", "Name both hours.")
    elif not lacking and messaging.read_from == messaging.read_until:
        yield Problem("messaging.read_until", "is the hour of read_from", "Name a later hour.")
    if messaging.own_words and lacking:
        yield Problem(
            "messaging.own_words",
            "needs the hours in which somebody reads what comes back",
            "Add read_from and read_until.",
        )


def _use_problems(draft: Draft) -> Iterator[Problem]:
    for name, use in draft.uses.items():
        for key, given in (("modes", use.modes), ("respondents", use.respondents)):
            if given is None:
                continue
            path = f'instrument."{name}".{key}'
            if not given:
                yield Problem(path, "allows nothing", "Name at least one, or leave the key out.")
            if len(set(given)) < len(given):
                yield Problem(path, "names one twice", "Name each once.")
        if use.modes is not None:
            yield from _mode_problems(name, use, use.modes)
        if use.second_entry and draft.coming.entry is None:
            yield Problem(
                f'instrument."{name}".second_entry',
                "is there, though nobody may enter answers",
                "Add [entry] with the roles that may, or take second_entry away.",
            )


def _mode_problems(name: str, use: InstrumentUse, modes: Sequence[Mode]) -> Iterator[Problem]:
    """Say which way of answering is left out that is offered all the same.

    An entry in a way that is not named is kept apart; nothing that is answered on a page or by text
    ever is. So what a list leaves out must be what nobody is offered.
    """
    offered = {"web": "every questionnaire can be asked on a page"}
    if use.by_text:
        offered["text"] = "by_text = true"
    for mode, why in offered.items():
        if mode not in modes:
            mend = f'Add "{mode}"' + (", or take by_text away." if mode == "text" else ".")
            yield Problem(f'instrument."{name}".modes', f"leaves out {mode}, though {why}", mend)


def _tablet_problems(draft: Draft) -> Iterator[Problem]:
    """Say for which instruments no tablet would ever be handed over."""
    tablet = draft.coming.tablet
    for index, name in enumerate(() if tablet is None else tablet.instruments):
        use = draft.uses.get(name)
        if use is not None and "tablet" not in (use.modes or ()):
            yield Problem(
                f"tablet.instruments[{index}]",
                "is an instrument whose modes leave out tablet",
                f'Add "tablet" to instrument."{name}".modes, or take the name away.',
            )


def _escalation_problems(escalation: Escalation) -> Iterator[Problem]:
    previous = -1
    for index, step in enumerate(escalation.steps):
        if step.after_minutes <= previous:
            yield Problem(
                f"escalation.steps[{index}].after_minutes",
                "is not later than the step before it",
                "Put the steps in order.",
            )
        previous = max(previous, step.after_minutes)
    if not escalation.steps[-1].outside_the_site:
        yield Problem(
            f"escalation.steps[{len(escalation.steps) - 1}]",
            "is the last step, and does not leave the site",
            "Add a step to somebody outside it, with outside_the_site = true.",
        )


def _own_event_problems(draft: Draft, kind: OwnEvent, path: str) -> Iterator[Problem]:
    if kind.id in {str(one) for one in EventKind}:
        yield Problem(f"{path}.id", f"{kind.id} is a kind of event already", "Choose another id.")
    yield from word_problems(draft, kind.label, f"{path}.label")
    for index, name in enumerate(kind.asked_before):
        yield from name_problems(draft, name, f"{path}.asked_before[{index}]")
    if kind.asked_before and kind.hours_before is None:
        yield Problem(
            f"{path}.hours_before",
            "is missing, though participants are asked for it",
            "Say how many hours back the question reaches, for example 48.",
        )
    if kind.hours_before is not None and not kind.asked_before:
        yield Problem(
            f"{path}.asked_before", "is missing beside hours_before", "Name the instruments."
        )


def _cut_problems(draft: Draft, cut: DataCut, path: str) -> Iterator[Problem]:
    if (cut.on is None) == (cut.visit is None):
        yield Problem(path, "needs exactly one of on, visit", "Keep the one that is meant.")
    ids = [placed.visit.id for placed in draft.visits]
    if cut.visit is not None and cut.visit not in ids:
        yield Problem(f"{path}.visit", "is no visit of this protocol", suggestion(cut.visit, ids))


def _twice(place: str, ids: Sequence[str]) -> Iterator[Problem]:
    for name, count in Counter(ids).items():
        if count > 1:
            yield Problem(place, f"{name} is the id of {count} of them", "Give each its own.")
