"""Which tests are run when.

After every small change `pytest -m "not slow"`, under a minute:

all of tests/unit and tests/architecture, and of each folder of tests/integration what is named
here: the way of a reminder, an answer, a reply and a visit's end. What else needs a database, a
process of its own or a browser is marked slow, and new files there are slow until somebody names
them. What is marked thorough is left to .ci/thorough.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

import pytest

TESTS: Final = Path(__file__).parent
QUICK: Final = (
    "architecture",
    "unit",
    "integration/answering/test_corrections.py",
    "integration/api/test_keys.py",
    "integration/costs/test_counts.py",
    "integration/desk/test_desk_unconfirmed.py",
    "integration/doors/test_asked_of_doors.py",
    "integration/exports/test_adherence.py",
    "integration/keeping/test_holds.py",
    "integration/measuring/test_bringing.py",
    "integration/questionnaire/test_weight.py",
    "integration/reading/test_reads.py",
    "integration/receiving/test_web_hooks.py",
    "integration/record/test_rows.py",
    "integration/running/test_web_pages.py",
    "integration/texting/test_statements.py",
    "integration/upgrade/test_kept_files.py",
    "integration/visits/test_closing.py",
)


@cache
def is_slow(path: Path) -> bool:
    """Whether a test file is left out of the quick suite."""
    return not any(path.is_relative_to(TESTS / each) for each in QUICK)


TWICE: Final = ("browser/test_participant.py",)
"""Tests in a browser that are run in Chinese too every time; of the others .ci/thorough does."""
LEFT: Final = (
    # What a migration of the past did to rows of before it: neither changes any more. That those
    # of today bear a study that was lived before them is upgrade/test_lived_study.py.
    "integration/record/test_contacts_migrated.py",
    "integration/record/test_moved_words.py",
    "integration/record/test_people_before.py",
    "integration/record/test_sittings_migrated.py",
    "integration/upgrade/test_lived_sittings.py",
    "integration/upgrade/test_senders_before.py",
    "integration/upgrade/test_words_moved.py",
    # What is done in a room, gone through in a browser: its page is looked over as it stands by
    # browser/test_pages.py, and its forms are sent by integration/desk/.
    "browser/desk/test_accounts.py",
    "browser/desk/test_bar_seen.py",
    "browser/desk/test_charts.py",
    "browser/desk/test_consent_rooms.py",
    "browser/desk/test_desk_reach.py",
    "browser/desk/test_desk_texts.py",
    "browser/desk/test_measures_seen.py",
    "browser/desk/test_mending.py",
    "browser/desk/test_record_rooms.py",
    "browser/desk/test_signing.py",
    "browser/test_own_trend_seen.py",
    # A server restored to a point in time, and one read from a standby; what a large study's
    # signatures touch.
    "integration/keeping/test_archiving.py",
    "integration/keeping/test_copies.py",
    "integration/record/plans/test_binding_plans.py",
)
"""Files left to .ci/thorough whole."""


def is_long(item: pytest.Item) -> bool:
    """Whether a test is left to .ci/thorough."""
    if item.get_closest_marker("thorough") is not None or is_left(item.path):
        return True
    call = getattr(item, "callspec", None)
    return call is not None and call.params.get("language") == "zh_CN" and _is_once(item.path)


@cache
def is_left(path: Path) -> bool:
    """Whether a whole test file is left to .ci/thorough."""
    return path in [TESTS / each for each in LEFT]


@cache
def _is_once(path: Path) -> bool:
    """Whether a test file is run in a browser in one language."""
    return path.is_relative_to(TESTS / "browser") and path not in [TESTS / each for each in TWICE]
