"""What each form and page of the desk answers, by the table of permissions and where one sits."""

from __future__ import annotations

from typing import Final, Literal, get_args
from uuid import UUID

from pro_service.domain.study.permissions import MAY, UNSEEN, Action, Role
from pro_service.store.ids import new_id
from pro_service.web.desk.routes import Doing
from tests.integration.desk.person.filled import (
    ARMS,
    ASKS_CORRECTION,
    FILES,
    FORMS,
    NOBODY_IN_IT,
    NOTHING_OPEN,
    PREVIEWS,
    SHOWN_ONCE,
    WAITS_FOR_NOTHING,
)
from tests.integration.desk.rows import KEEPING, SITE, kept_pages

Place = Literal[
    "here", "elsewhere", "formerly", "whole_study", "other_study", "here_of_two", "other_of_two"
]
PLACES: Final[tuple[Place, ...]] = get_args(Place)
SITES: Final[dict[Place, str | None]] = {
    "here": "S2",
    "elsewhere": "S3",
    "formerly": "S1",
    "whole_study": None,
    "other_study": "B1",
    "here_of_two": "S2",
    "other_of_two": "B1",
}
"""Where a role is held; who works in two studies holds it at S2 and B1, and sits in one of them."""
OTHERS_AS_WELL: Final = frozenset(PLACES) - {"here"}
"""Places at which every form is tried by `.ci/thorough`: row-level security decides there too."""
OPEN: Final = frozenset({"here", "whole_study", "here_of_two"})
OTHER: Final = frozenset({"other_study", "other_of_two"})
ENTERS: Final = {Role.coordinator, Role.investigator}
"""Who enters answers by the example's protocol; the table of permissions lets others at most."""
SEES_SCORES: Final = {Role.investigator, Role.data_manager, Role.monitor}
"""Who sees scores by the example's protocol."""
SEES_BOTH: Final = {Role.data_manager}
"""Who sees scores beside measures by the example's protocol."""
TYPES_TWICE: Final = MAY[Action.enter_answers] | MAY[Action.settle_entry]
"""Who has a use for the page of paper that is typed twice."""
CODE: Final = "P-001"


def _sees_both(role: Role, place: Place) -> bool:
    """Whether the protocol lets them; the other study has none, which lets nobody."""
    return role in SEES_BOTH and place not in OTHER


def expected(doing: Doing, role: Role, place: Place) -> int:
    """What sending a form answers."""
    action = doing.action
    if role not in MAY[action]:
        return 404 if action in UNSEEN else 403
    if doing.name == "desk-groups-arms":
        return 403  # Who holds the allocation and nothing else sees no groups.
    if doing.name == "desk-correlate":
        return 409 if _sees_both(role, place) else 403  # The reads are not locked.
    if doing.name in NOBODY_IN_IT:
        return NOBODY_IN_IT[doing.name]  # At their own site, wherever that is.
    if action is Action.read_images:
        return 422  # The file holds no table, wherever they read.
    if action is Action.hand_out_reads:
        # Of every site of the study, or not at all; and nothing that is sent is a list or a table.
        return 422 if place in OTHER | {"whole_study"} else 403
    if action is Action.lock_reads:
        if place not in OTHER | {"whole_study"}:
            return 403  # Of every site of the study, or not at all.
        return 303 if doing.name == "desk-reads-lock" else 422  # Nothing is signed.
    if doing.name in {"desk-calls-numbers", *ARMS}:
        return 200  # A list of those who are here: empty where nobody is.
    if action in KEEPING | {Action.change_rota} and place not in OPEN:
        # Of a site that is not theirs, whoever was there once; nor is it one to invite to.
        return 422 if doing.name == "desk-staff-invite" else 404
    if place in OPEN and action is Action.enter_answers and role not in ENTERS:
        return 403
    if place in OPEN and doing.name == "desk-entry-send":
        return 404  # What another began to type is not theirs to send.
    if place in OPEN and doing.name == "desk-measures-keep":
        return 404  # No visit is named.
    if place in OPEN and doing.name == "desk-tablet-back":
        return 404  # No such tablet was handed over.
    if place in OPEN and doing.name in ("desk-second-keep", "desk-second-settle"):
        return 404  # Nothing is typed twice by the example's protocol.
    if place in OPEN and doing.name in ASKS_CORRECTION:
        return 422  # Of nothing that was sent: whoever may ask hears so.
    if place in OPEN | {"formerly"} and doing.name == "desk-correction-decide":
        return 404  # There is no such request.
    if place in OPEN and doing.name == "desk-erase":
        return 422  # They are not restricted, and no ground is named.
    if doing.name in ("desk-sign", "desk-lock-lift"):
        return 404  # No visit and no lock is named.
    if doing.action is Action.lock_data and place != "formerly":
        return 200 if place in OPEN and doing.name in PREVIEWS else 422  # Nothing has closed.
    if place in OPEN and (doing.name in NOTHING_OPEN or "-undo-" in doing.name):
        return 409  # No safety follow-up runs, no question was open, nothing was done or set up.
    if doing.name in ARMS:
        return 200  # A list of those who are here: empty where nobody is.
    if place in OPEN and doing.name == "desk-unblind":
        return 409  # No allocation is kept.
    if place in OPEN and doing.name in WAITS_FOR_NOTHING:
        return 422  # There is nothing of the kind to act on: whoever may do it hears so.
    if place in OPEN:
        return 200 if doing.name in PREVIEWS | SHOWN_ONCE | FILES else 303
    if place == "formerly":
        return 404 if action in UNSEEN else 403
    return 404


def shown_form(action: Action, role: Role, place: Place) -> int:
    """What the page of a small form answers."""
    if role not in MAY[action] or place == "formerly":
        return 403
    return 200 if place in OPEN else 404


OF_THE_RECORD: Final = (
    "/desk/week",
    "/desk/week/print",
    "/desk/since",
    "/desk/participants",
    "/desk/participants.csv",
    "/desk/figures",
    "/desk/texts",
    "/desk/alerts",
    "/desk/alerts.csv",
    "/desk/calls/print",
    "/desk/missing",
    "/desk/missing/deviations",
    "/desk/missing/deviations.csv",
)
"""Lists of who takes part: to a role that sees nobody an empty one would say that all is well."""


def rota_pages(role: Role, place: Place) -> dict[str, int]:
    """What the pages of the rota answer."""
    sees, rota = role in MAY[Action.see_participants], role in MAY[Action.change_rota]
    here = 200 if place in OPEN else 404
    return {
        "/desk/rota": 200 if sees else 403,
        f"/desk/rota/{SITE}": here if sees else 403,
        f"/desk/rota/{SITE}/shift": here if rota else 403,
    }


def may_read(action: Action, role: Role) -> int:
    """What a page answers that whoever may do something sees, wherever they sit."""
    return 200 if role in MAY[action] else 403


def rooms(role: Role, place: Place) -> dict[str, int]:
    """What the pages of nobody in particular answer."""
    reads = role in MAY[Action.read_images] | MAY[Action.lock_reads]
    hands_out = role in MAY[Action.hand_out_reads] and place in OTHER | {"whole_study"}
    sees = may_read(Action.see_participants, role)
    return (
        rota_pages(role, place)
        | dict.fromkeys(OF_THE_RECORD, sees)
        | {
            "/desk": 200,
            "/desk/me": 200,
            "/desk/measures/reads": 200 if reads else 403,
            "/desk/measures/hand-out": 200 if hands_out else 403,
            "/desk/measures/correlate": 200 if _sees_both(role, place) else 403,
            "/desk/exports": may_read(Action.export_data, role),
            "/desk/locks": may_read(Action.see_participants, role),
            "/desk/signing": may_read(Action.sign_record, role),
            "/desk/signing/waiting": may_read(Action.sign_record, role),
            "/desk/corrections": may_read(Action.count_corrections, role),
            "/desk/corrections.csv": may_read(Action.count_corrections, role),
            "/desk/enrol": may_read(Action.enrol, role),
            "/desk/groups": may_read(Action.see_groups, role),
            "/desk/record": may_read(Action.see_audit, role),
            "/desk/record.csv": may_read(Action.see_participants, role),
            "/desk/record/queries": may_read(Action.see_participants, role),
            "/desk/allocation": may_read(Action.see_allocation, role),
            "/desk/participants/NOBODY-1": 404,
            f"/desk/texts/{new_id()}": 404,
        }
    )


def shown(role: Role, place: Place, text: UUID) -> dict[str, int]:
    """What the pages answer, forms sent before; `text` is one that was to be read."""
    sees = role in MAY[Action.see_participants] and place not in OTHER | {"elsewhere"}
    prints = 200 if role in MAY[Action.print_card] and place in OPEN else 404
    theirs = f"/desk/participants/{CODE}"
    enters = 403 if role not in MAY[Action.enter_answers] else 404
    if role in MAY[Action.enter_answers] and place in OPEN | {"formerly"}:
        enters = 200 if role in ENTERS and place in OPEN else 403
    twice = 404
    if sees:
        twice = 200 if role in TYPES_TWICE and place in OPEN else 403
    signs = 200 if place in OPEN else 403 if sees else 404
    trajectory = 404 if role in MAY[Action.see_participants] else 403
    if sees:
        # A coordinator sees measures there, of who is at their site now.
        trajectory = 200 if role in SEES_SCORES or place in OPEN else 403
    forms = {f"{theirs}/{one.name}": shown_form(one.action, role, place) for one in FORMS}
    return (
        rooms(role, place)
        | kept_pages(role, place in OPEN)
        | forms
        | {
            theirs: 200 if sees else 404,
            f"{theirs}/trajectory": trajectory,
            f"{theirs}/signing": signs if role in MAY[Action.sign_record] else 403,
            f"{theirs}/card": prints,
            f"{theirs}/card.svg": prints,
            f"{theirs}/entry": enters,
            f"{theirs}/corrections": shown_form(Action.ask_correction, role, place),
            f"{theirs}/second": twice,
            f"{theirs}/tablet": shown_form(Action.hand_over_tablet, role, place),
            f"{theirs}/unblind": shown_form(Action.unblind, role, place),
            f"{theirs}/erasure": shown_form(Action.erase, role, place),
            f"/desk/texts/{text}": 200 if sees else 404,
        }
    )


def found_at(role: Role, place: Place) -> int | str:
    """Where looking for the participant leads to, or the status of the refusal."""
    if role not in MAY[Action.see_participants]:
        return 403
    sees = place not in OTHER | {"elsewhere"}
    return f"/desk/participants/{CODE}" if sees else "/desk/participants?nobody"
