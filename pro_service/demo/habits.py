"""When a simulated participant sits down to answer, and how far a sitting goes. Pure.

Hours are chosen so that nobody acts within a few minutes of a nudge: what was due is done before
anybody acts, however slow the machine is.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from pro_service.demo.personas import Kind, Persona
from pro_service.domain.study.times import local_day, local_instant, zone

QUARTER: Final = timedelta(minutes=15)
AFTER_A_NUDGE: Final = timedelta(minutes=7)
LOOKS_EVERY: Final = timedelta(hours=3)
LOOKED_AT: Final = datetime(2026, 1, 1, 1, tzinfo=UTC)
"""One of the instants after which, every so many hours, people look at their phones: the same for
all, so that who lives in one zone answers side by side with who lives in the next."""
AT_THE_SITE: Final = frozenset(
    {
        Kind.link,
        Kind.half,
        Kind.late,
        Kind.garbled,
        Kind.slips,
        Kind.swollen,
        Kind.words,
        Kind.skips,
    }
)
"""Who answers on a page at the site when they come for images of the knee; the others wait until
they are asked."""
AT_THE_SITE_AT: Final = time(11, 7)
LATE_HOUR: Final = time(10, 7)
HALF_WAY: Final = 12
"""Answers by text after which somebody asks for the page instead."""
STOPS_AFTER: Final = 7
STOP_AFTER_INJECTION: Final = timedelta(days=10)
LOSES_SESSION_AFTER: Final = 8
"""Answers on the pages after which the browser forgets everything."""
WRONG_NUMBER: Final = {"en": "Wrong number", "zh_CN": "打错了"}
SIGNATURE: Final = {"en": "\nSent from my iPhone", "zh_CN": "\n发自我的iPhone"}
PAUSE: Final = {"en": "PAUSE", "zh_CN": "暂停"}
SIGN: Final = {
    "en": "My knee is hot and red since last night",
    "zh_CN": "昨晚开始膝盖又红又热",
}
UNWELL: Final = {"en": "I feel unwell", "zh_CN": "我不舒服"}
WORDS = {"en": "My knee feels swollen since this morning", "zh_CN": "今天早上起膝盖有点肿"}


def sits_down_at(persona: Persona, texted_at: datetime) -> datetime | None:
    """When the participant answers a text that came at `texted_at`; None: not at all."""
    local = zone(persona.zone)
    day = local_day(texted_at, local)
    chance = persona.draw("sits down", day)
    if persona.kind is Kind.never:
        return None
    if persona.kind is Kind.forgetful and chance.random() < 0.3:
        return None
    if persona.kind is Kind.late and chance.random() < 0.8:
        days = timedelta(days=chance.choice((1, 3, 4, 6)))
        return local_instant(day + days, LATE_HOUR, local)
    # A nudge goes on the half hour or the hour; a text that was put off goes a little later.
    nudge = texted_at.replace(minute=texted_at.minute // 15 * 15, second=0, microsecond=0)
    sits_down = nudge + (LOOKED_AT - nudge) % LOOKS_EVERY + AFTER_A_NUDGE
    if persona.kind is Kind.spouse:
        # One after the other; who comes first changes from day to day.
        sits_down += (persona.number + day.toordinal()) % 2 * QUARTER
    return sits_down


def gives_up_after(persona: Persona, day: date) -> int | None:
    """After how many answers the participant stops for good; None: goes on to the end."""
    if persona.kind not in (Kind.forgetful, Kind.late):
        return None
    return STOPS_AFTER if persona.draw("gives up", day).random() < 0.2 else None


def injection_at(persona: Persona, day: date) -> datetime:
    """When the injection happens on its day."""
    place = persona.draw("injection").randrange(8)
    return local_instant(day, time(9, 37), zone(persona.zone)) + place * QUARTER


def spelt(persona: Persona, value: int, place: int) -> str:
    """The way this participant writes a number."""
    style = persona.draw("style", place).randrange(4)
    words = {
        "en": ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
        "zh_CN": ("零", "一", "二", "三", "四", "五", "六", "七", "八", "九"),
    }[persona.language]
    if style == 0 and value < len(words):
        return words[value]
    return {1: f" {value}. ", 2: str(value).translate(_WIDE)}.get(style, str(value))


_WIDE: Final = str.maketrans("0123456789", "０１２３４５６７８９")
