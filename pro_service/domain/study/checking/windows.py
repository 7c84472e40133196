"""What can be wrong with a protocol's windows: tried on every anchor day of two sample years."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import lru_cache
from itertools import combinations

from pro_service.domain.study.checking.problems import Problem
from pro_service.domain.study.facts import EventKind
from pro_service.domain.study.protocol import Messaging, Offset, VisitDefinition, Window
from pro_service.domain.study.windows import Days, days_of, window_days

_FIRST = date(2023, 3, 1)
# Two years around a 29 February: month offsets clamp in every way they can.
SAMPLE = tuple(_FIRST + timedelta(days=n) for n in range(731))

_Asked = tuple[EventKind, int, str, str]


def window_problems(
    visits: Sequence[tuple[str, VisitDefinition]], messaging: Messaging | None
) -> Iterator[Problem]:
    """Yield every window that cannot work, then every pair that overlaps."""
    sound: list[tuple[str, VisitDefinition, tuple[Days, ...]]] = []
    for path, visit in visits:
        if visit.kind == "unscheduled":
            continue
        found = list(_shape_problems(visit.window, f"{path}.window"))
        if visit.clinic_window is not None:
            found += _shape_problems(visit.clinic_window, f"{path}.clinic_window")
        yield from found
        if found:
            continue
        days = _sample_days(visit.target, visit.window)
        found = list(_order_problems(path, visit, days))
        yield from found
        if found:
            continue
        if messaging is not None:
            yield from _nudge_problems(path, visit, days, messaging)
        sound.append((path, visit, days))
    yield from _overlaps(sound)


@lru_cache(maxsize=128)
def _sample_days(target: Offset, window: Window) -> tuple[Days, ...]:
    """The days of a visit for each anchor day; kept, for versions of a protocol differ in few."""
    return tuple(days_of(target, window, anchor_on) for anchor_on in SAMPLE)


def _shape_problems(window: Window, path: str) -> Iterator[Problem]:
    around = window.days_before is not None or window.days_after is not None
    fixed = window.from_day is not None or window.to_day is not None
    if around and fixed:
        yield Problem(
            path,
            "mixes days around the target with days from the anchor",
            "Use days_before and days_after, or from_day and to_day.",
        )
        return
    by_anchor = window.closes == "anchor instant"
    if by_anchor and (window.days_after is not None or window.to_day not in (None, 0)):
        late = "days_after" if window.days_after is not None else "to_day"
        yield Problem(
            f"{path}.{late}", "is not used: the window closes with its anchor", "Remove it."
        )
    if fixed and not by_anchor and (window.from_day is None or window.to_day is None):
        absent = "from_day" if window.from_day is None else "to_day"
        yield Problem(f"{path}.{absent}", "is missing", f"Add {absent}.")


def _order_problems(path: str, visit: VisitDefinition, days: tuple[Days, ...]) -> Iterator[Problem]:
    key = _last_key(visit.window)
    for anchor_on, (first, target, last) in zip(SAMPLE, days, strict=True):
        if last < first:
            yield Problem(
                f"{path}.window{key}",
                f"{visit.id} closes before it opens (anchor on {anchor_on}: {first} to {last})",
                "Let the last day come after the first.",
            )
            return
        if visit.target.event is None and not first <= target <= last:
            yield Problem(
                f"{path}.target",
                f"the target day of {visit.id} lies outside its window (anchor on {anchor_on}: "
                f"{target}, window {first} to {last})",
                "Move the target or the window.",
            )
            return
    clinic = visit.clinic_window
    if clinic is not None:
        opens, closes = window_days(clinic, SAMPLE[0], days[0].target)
        if closes < opens:
            yield Problem(
                f"{path}.clinic_window{_last_key(clinic)}",
                f"the clinic window of {visit.id} closes before it opens",
                "Let the last day come after the first.",
            )


def _last_key(window: Window) -> str:
    if window.closes == "anchor instant":
        return ".closes"
    return ".to_day" if window.to_day is not None else ".days_after"


def _nudge_problems(
    path: str, visit: VisitDefinition, days: tuple[Days, ...], messaging: Messaging
) -> Iterator[Problem]:
    if visit.nudges != "standard" or not visit.asks:
        return
    before = timedelta(days=messaging.first_days_before_target)
    if all(max(each.target - before, each.first) >= each.last for each in days):
        yield Problem(
            f"{path}.nudges",
            f"no nudge of {visit.id} falls inside its window: the first is due on or after "
            "the closing day, and none goes out then",
            'Widen the window, or use nudges = "safety" or "none".',
        )


def _overlaps(
    visits: Sequence[tuple[str, VisitDefinition, tuple[Days, ...]]],
) -> Iterator[Problem]:
    """Yield visits that ask the same of the same target while both are open.

    Only visits counted from the same event can be compared; its planned and its actual day are
    taken to be one.
    """
    by_asked: dict[_Asked, list[int]] = defaultdict(list)
    for index, (_, visit, _) in enumerate(visits):
        if visit.anchor is not None:
            for ask in visit.asks:
                key = (visit.anchor.event, visit.anchor.ordinal, ask.instrument, ask.targets)
                by_asked[key].append(index)
    together: dict[tuple[int, int], list[str]] = defaultdict(list)
    for (_, _, instrument, _), indexes in by_asked.items():
        for pair in combinations(dict.fromkeys(indexes), 2):
            together[pair].append(instrument)
    for (one, other), asked in sorted(together.items(), key=lambda entry: entry[0][::-1]):
        path, visit, days = visits[other]
        _, earlier, earlier_days = visits[one]
        for anchor_on, a, b in zip(SAMPLE, earlier_days, days, strict=True):
            if a.first <= b.last and b.first <= a.last:
                yield Problem(
                    f"{path}.window",
                    f"{visit.id} overlaps {earlier.id}, which also asks {', '.join(asked)} of "
                    f"the same target (anchor on {anchor_on}: both open on "
                    f"{max(a.first, b.first)})",
                    "Narrow one of the windows.",
                )
                break
