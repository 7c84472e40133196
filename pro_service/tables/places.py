"""Time zones as places: what a country's are, and why an abbreviation is none."""

from __future__ import annotations

from functools import cache
from typing import Final
from zoneinfo import available_timezones

from babel.core import get_global

from pro_service.domain.study.times import ZoneNameError

AREAS: Final = (
    *("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe"),
    *("Indian", "Pacific"),
)
"""A zone of one of these is a place: its clock changes as the clocks there do."""
MOST_OFFERED: Final = 8
BEST_KNOWN: Final = (
    *("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"),
    *("America/Anchorage", "Pacific/Honolulu", "America/Toronto", "America/Vancouver"),
    *("America/Sao_Paulo", "America/Mexico_City", "Australia/Sydney", "Australia/Melbourne"),
    *("Australia/Brisbane", "Australia/Perth", "Europe/Moscow", "Asia/Jakarta"),
)
"""Offered first where a country has many."""
WORLDWIDE: Final = ("Asia/Shanghai", "Europe/London", "America/New_York")


@cache
def _places() -> dict[str, str]:
    """Every place by its name without case."""
    return {
        name.casefold(): name
        for name in available_timezones()
        if name.partition("/")[0] in AREAS and "/" in name
    }


def places_of(country: str | None) -> tuple[str, ...]:
    """The zones of a country (ISO 3166), the best known first."""
    if country is None:
        return WORLDWIDE
    territory = country.upper()
    known = [
        zone
        for zone, where in get_global("zone_territories").items()
        if where == territory and zone.casefold() in _places()
    ]
    best = [zone for zone in BEST_KNOWN if zone in known]
    rest = sorted(set(known) - set(best), key=lambda zone: (zone.count("/"), zone))
    return (*best, *rest) or WORLDWIDE


def settle_zone(name: str, country: str | None = None) -> str:
    """The place's zone as it is written. Raises ZoneNameError, with the zones of `country`.

    EST, CST or UTC+8 are refused: they are an hour off in summer, or mean two places.
    """
    found = _places().get(name.strip().replace(" ", "_").casefold())
    if found is not None:
        return found
    offered = places_of(country)
    more = " ..." if len(offered) > MOST_OFFERED else ""
    raise ZoneNameError(
        "There is no time zone of a place of that name.",
        mend=f"Use the place where the clock hangs: {', '.join(offered[:MOST_OFFERED])}{more}.",
    )
