"""What the safety rules of a protocol can get wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pro_service.domain.instruments.model import Instrument, Item, Scale, Total
from pro_service.domain.study.checking.draft import Draft, name_problems, word_problems
from pro_service.domain.study.checking.problems import Problem, suggestion
from pro_service.domain.study.facts import INJECTIONS, EventKind
from pro_service.domain.study.protocol import BOUNDS, Safety, SafetyRule, VisitDefinition

_ENDINGS = (EventKind.early_termination, EventKind.death)


def safety_problems(draft: Draft) -> Iterator[Problem]:
    """Say what is wrong with the table [safety] and each of its rules."""
    safety = draft.safety
    if safety is None:
        return
    ids = {placed.visit.id for placed in draft.visits}
    if safety.baseline_visit is not None and safety.baseline_visit not in ids:
        yield Problem(
            "safety.baseline_visit", "is no visit of this protocol",
            suggestion(safety.baseline_visit, ids),
        )  # fmt: skip
    if safety.baseline_instrument is not None:
        yield from name_problems(draft, safety.baseline_instrument, "safety.baseline_instrument")
    seen: set[str] = set()
    for index, rule in enumerate(safety.rules):
        path = f"safety.rules[{index}]"
        if rule.id in seen:
            yield Problem(f"{path}.id", "is the id of an earlier rule", "Rename one of them.")
        seen.add(rule.id)
        yield from _rule_problems(draft, rule, path)
        yield from _baseline_problems(draft, safety, rule, path)


def _rule_problems(draft: Draft, rule: SafetyRule, path: str) -> Iterator[Problem]:
    """What holds of every rule: one bound, known names, words in each language."""
    if sum(getattr(rule, bound) is not None for bound in BOUNDS) != 1:
        yield Problem(
            path,
            f"needs exactly one of {', '.join(BOUNDS)}",
            "Keep the one that is meant; make two rules for both.",
        )
    if rule.after is not None and draft.events is not None and rule.after not in draft.events:
        yield Problem(
            f"{path}.after",
            f"{rule.after} never occurs in this protocol",
            f"Add {rule.after} = 1 under [events], or count from another event.",
        )
    if rule.instruction:
        yield from word_problems(draft, rule.instruction, f"{path}.instruction")
    for number, name in enumerate(rule.instruments):
        yield from name_problems(draft, name, f"{path}.instruments[{number}]")
    known = [draft.instruments[name] for name in rule.instruments if name in draft.instruments]
    if rule.scale is None:
        yield from _item_problems(rule, known, path)
    else:
        yield from _scale_problems(rule, known, path)


def _item_problems(rule: SafetyRule, known: list[Instrument], path: str) -> Iterator[Problem]:
    """What a rule about answers can get wrong."""
    items = {item.code: item for instrument in known for item in instrument.items}
    for number, code in enumerate(rule.items):
        if known and code not in items:
            yield Problem(
                f"{path}.items[{number}]", "is no item of its instruments", suggestion(code, items)
            )
    looked_at = [item for code, item in items.items() if not rule.items or code in rule.items]
    if looked_at:
        yield from _reach_problems(rule, looked_at, "answers", path)


def _scale_problems(rule: SafetyRule, known: list[Instrument], path: str) -> Iterator[Problem]:
    """What a rule about a score can get wrong."""
    if rule.items:
        yield Problem(f"{path}.items", "cannot stand beside scale", "Make two rules.")
    scales = []
    for instrument in known:
        codes = {result.code: result for result in instrument.results}
        if rule.scale in codes:
            scales.append(codes[rule.scale])
        else:
            yield Problem(
                f"{path}.scale", f"is no scale of {instrument.id}",
                suggestion(rule.scale or "", codes),
            )  # fmt: skip
    if scales:
        yield from _reach_problems(rule, scales, "scores", path)


def _reach_problems(
    rule: SafetyRule, ranged: Sequence[Item | Scale | Total], what: str, path: str
) -> Iterator[Problem]:
    """Say so if no answer or score could ever meet the bound, or if every one does."""
    lowest = min(one.minimum for one in ranged)
    highest = max(one.maximum for one in ranged)
    if rule.at_least is not None and rule.at_least > highest:
        yield _never(f"{path}.at_least", f"{what} end at {highest}", "Lower it.")
    if rule.at_most is not None and rule.at_most < lowest:
        yield _never(f"{path}.at_most", f"{what} begin at {lowest}", "Raise it.")
    if rule.at_least is not None and rule.at_least <= lowest:
        yield _always(f"{path}.at_least", f"{what} begin at {lowest}", "Raise it.")
    if rule.at_most is not None and rule.at_most >= highest:
        yield _always(f"{path}.at_most", f"{what} end at {highest}", "Lower it.")
    for bound in ("above_baseline", "below_baseline"):
        step = getattr(rule, bound)
        if step is not None and step > highest - lowest:
            reach = f"{what} reach from {lowest} to {highest}"
            yield _never(f"{path}.{bound}", reach, "Lower it.")


def _never(key: str, why: str, mend: str) -> Problem:
    return Problem(key, f"can never be reached: {why}", mend)


def _always(key: str, why: str, mend: str) -> Problem:
    return Problem(key, f"is met by everybody: {why}", mend)


def _baseline_problems(
    draft: Draft, safety: Safety, rule: SafetyRule, path: str
) -> Iterator[Problem]:
    """What a rule about a change compares with: it must be asked before the injection."""
    if rule.baseline_instrument is not None:
        yield from name_problems(draft, rule.baseline_instrument, f"{path}.baseline_instrument")
        if not rule.is_about_change:
            yield Problem(
                f"{path}.baseline_instrument",
                "means something beside above_baseline and below_baseline only",
                "Remove it.",
            )
    if not rule.is_about_change:
        return
    bound = "above_baseline" if rule.above_baseline is not None else "below_baseline"
    for name in dict.fromkeys(safety.compared_with(rule, one) for one in rule.instruments):
        compared = draft.instruments.get(name)
        if compared is None:
            continue  # A misspelt name is said where it stands.
        if not _is_asked_before(draft, safety, name):
            yield Problem(
                f"{path}.{bound}",
                f"has no baseline to compare with: no visit before the injection asks {name}",
                "Ask it there, or name another baseline_instrument.",
            )
        if rule.baseline_instrument is not None:
            yield from _comparable_problems(draft, rule, compared, path)


def _comparable_problems(
    draft: Draft, rule: SafetyRule, compared: Instrument, path: str
) -> Iterator[Problem]:
    """Say so if another instrument's baseline has nothing of what the rule looks at."""
    answered = [draft.instruments[name] for name in rule.instruments if name in draft.instruments]
    if rule.scale is not None:
        wanted, there = {rule.scale}, {one.code for one in compared.results}
    else:
        wanted = set(rule.items) or {item.code for one in answered for item in one.items}
        there = {item.code for item in compared.items}
    if answered and not wanted & there:
        yield Problem(
            f"{path}.baseline_instrument",
            f"{compared.id} has none of what the rule looks at: {', '.join(sorted(wanted))}",
            "Name an instrument with the same items or the same scale.",
        )


def _is_asked_before(draft: Draft, safety: Safety, instrument: str) -> bool:
    return any(
        any(ask.instrument == instrument for ask in placed.visit.asks)
        and safety.baseline_visit in (None, placed.visit.id)
        and _may_come_before(placed.visit)
        for placed in draft.visits
    )


def _may_come_before(visit: VisitDefinition) -> bool:
    """Whether a visit may be answered before the injection that its anchor, if any, is."""
    if visit.anchor is None or visit.anchor.event in _ENDINGS:
        return False
    return visit.anchor.event not in INJECTIONS or visit.anchor.basis == "planned"
