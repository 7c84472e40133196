"""What is wrong with the versions of the consent form a protocol names."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from pro_service.domain.delivery.consents import is_version
from pro_service.domain.study.checking.draft import Draft
from pro_service.domain.study.checking.problems import Problem
from pro_service.domain.study.consenting.versions import same_version


def consent_problems(draft: Draft) -> Iterator[Problem]:
    """Say what is wrong with them, in the document's order.

    They must follow each other in one order at every site, or "the newest" would be another one at
    each. Whether a site is one of the study's is not known here.
    """
    versions = draft.coming.consent_version
    for index, one in enumerate(versions):
        path = f"consent_version[{index}]"
        if not is_version(one.id):
            yield Problem(
                f"{path}.id",
                f"{one.id} is no version of a form",
                "Write it as it stands on the form, in letters, digits and . - / ( ).",
            )
        if any(same_version(one.id, other.id) for other in versions[:index]):
            yield Problem(f"{path}.id", f"{one.id} is an earlier one's", "Give each its own.")
        if one.within_days is not None and one.signed_again_by == "nobody":
            yield Problem(
                f"{path}.within_days",
                "is there, though nobody signs it again",
                "Say signed_again_by, or take within_days away.",
            )
    for index, (before, after) in enumerate(pairwise(versions), start=1):
        for site in ("", *sorted({*before.valid_from_at, *after.valid_from_at})):
            if after.first_day(site) <= before.first_day(site):
                yield Problem(
                    f"consent_version[{index}].valid_from" + (f"_at.{site}" if site else ""),
                    f"is not later than that of {before.id}",
                    "Put the versions in the order in which they came.",
                )
