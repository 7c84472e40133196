"""Versions of the consent form, from when each holds at a site, and who must sign it anew.

An amendment may change what participants were told; the protocol then says who signs again and by
when. Until they have, the consent they gave stands for safety follow-up (rule R1), so nothing here
stops a text, a page or a call: who owes a signature is named to staff, and that is all.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal, NamedTuple

from pydantic import Field

from pro_service.domain.delivery.consents import LONGEST_VERSION
from pro_service.domain.record import Record
from pro_service.domain.tables.characters import same_hyphens

SignedBy = Literal["nobody", "everybody", "untreated", "treated"]
"""Who signs a version although they signed an earlier one: `treated` had an injection, `untreated`
none yet."""


class ConsentVersion(Record):
    """E6(R3) 2.8.2: one version of the consent form. Absent: any version may be signed."""

    id: str = Field(min_length=1, max_length=LONGEST_VERSION)
    """As it stands on the form."""
    valid_from: date
    """The first day on which it is signed, at every site that `valid_from_at` does not name."""
    valid_from_at: dict[str, date] = Field(default_factory=dict)
    """The first day at a site, by its code: where its ethics committee decided on another day."""
    signed_again_by: SignedBy = "nobody"
    """Who among those enrolled before signs it as well."""
    within_days: int | None = Field(None, ge=1, le=366)
    """How many days they have for it, from the first day at their site."""

    def first_day(self, site: str) -> date:
        """The first day on which it is signed at a site."""
        return self.valid_from_at.get(site, self.valid_from)

    def last_day(self, site: str) -> date | None:
        """The day by which those enrolled before have signed it; None: no day is said."""
        if self.within_days is None:
            return None
        return self.first_day(site) + timedelta(days=self.within_days)

    def concerns(self, *, treated: bool) -> bool:
        """Whether somebody enrolled before signs it as well, having had an injection or not."""
        return self.signed_again_by in ("everybody", "treated" if treated else "untreated")


class Owed(NamedTuple):
    """A signature that is owed: on which version, and by which day (None: no day is said)."""

    version: str
    due_on: date | None


def same_version(one: str, other: str) -> bool:
    """Whether two ways of writing a version mean the same: blanks around, kinds of hyphens."""
    return same_hyphens(one).strip() == same_hyphens(other).strip()


def valid_at(
    versions: Sequence[ConsentVersion], site: str, today: date
) -> tuple[ConsentVersion, ...]:
    """The versions that are, or were, signed at a site by `today`: the first of them, oldest first.

    They follow each other in the same order at every site, or the protocol is refused.
    """
    return tuple(one for one in versions if one.first_day(site) <= today)


def owed_by(
    versions: Sequence[ConsentVersion], site: str, signed: str, today: date, *, treated: bool
) -> Owed | None:
    """Say which version somebody who signed `signed` must sign as well; None: none.

    It is the newest one at the site, where that or one between asks it of them; the day is the
    earliest of those. `today` is the site's day. A version the protocol does not know is older than
    all it names; one signed before its day counts as what it is.
    """
    valid = valid_at(versions, site, today)
    held = next((n for n, one in enumerate(versions) if same_version(one.id, signed)), -1)
    asked = [one for one in valid[held + 1 :] if one.concerns(treated=treated)]
    if not asked:
        return None
    days = [day for one in asked if (day := one.last_day(site)) is not None]
    return Owed(valid[-1].id, min(days, default=None))


def enough_at(
    versions: Sequence[ConsentVersion], site: str, today: date, *, treated: bool
) -> tuple[str, ...] | None:
    """The versions of which one must have been signed, for nothing to be owed; None: any will do.

    The same rule as `owed_by`, said of many at once.
    """
    valid = valid_at(versions, site, today)
    asking = [n for n, one in enumerate(valid) if one.concerns(treated=treated)]
    return None if not asking else tuple(one.id for one in versions[asking[-1] :])
