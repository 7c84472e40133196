"""A row of each kind for every role to act on, where each action is tried as every role."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from pro_service.domain.study.permissions import MAY, Action, Role
from pro_service.store.ids import new_id
from tests.support.desk import (
    seed_alert,
    seed_call,
    seed_entry,
    seed_line,
    seed_message,
    seed_staff,
    seed_text,
)
from tests.support.seed import ACTOR, SeededParticipant, SeededStudy

SITE: Final = "S2"
"""Where they are now, and whose rota is set."""
SETTLING: Final = (
    "desk-reply-preview",
    "desk-text-reply",
    "desk-text-call",
    "desk-text-alert",
    "desk-text-take",
    "desk-text-nothing",
)
"""What is done with a text to read."""
_OUT: Final = "EXISTS (SELECT FROM pro.rota_ends AS n WHERE n.entry_id = rota_entries.id)"
ROTA_ROWS: Final = {
    "desk-rota-end": ("rota_entries", f"kind = 'holiday' AND NOT {_OUT}"),
    "staff": ("staff", "login = 'told'"),
}
"""What is taken out of the rota, and who can stand in it."""


KEPT_ROWS: Final = {
    **dict.fromkeys(
        (
            "desk-staff-role",
            "desk-staff-role-end",
            "desk-staff-reset",
            "desk-staff-factor",
            "desk-staff-end",
        ),
        ("staff", "login = 'kept'"),
    ),
    "desk-sender-correct": ("senders", "site_id IS NOT NULL"),
    "kept role": (
        "staff_assignments",
        "role = 'monitor' AND valid_to IS NULL"
        " AND staff_id = (SELECT id FROM pro.staff WHERE login = 'kept')",
    ),
}
"""Whom an administrator acts upon, and which role of theirs is taken back."""


KEEPING: Final = frozenset({Action.keep_staff, Action.keep_sites})
"""What administrators do, and nobody else."""


def kept_pages(role: Role, here: bool) -> dict[str, int]:
    """What the pages of the administrators' rooms answer; `here`: at the site the rows are of."""
    keeps = all(role in MAY[action] for action in KEEPING)
    rooms = dict.fromkeys(("/desk/staff", "/desk/staff/invite", "/desk/sites"), 200)
    pages = rooms | {f"/desk/sites/{SITE}": 200 if here else 404}
    return pages if keeps else dict.fromkeys(pages, 403)


def kept_filled(name: str, rows: Mapping[str, UUID]) -> dict[str, str]:
    """What the forms of the administrators' rooms take."""
    if name == "desk-site-correct":
        numbers = {"telephone": "+1 202 555 0199", "emergency_number": "120"}
        return {"name": "Another name", "reason": "misprinted"} | numbers
    if name == "desk-sender-correct":
        return {"address": "+1 202 555 0161", "reason": "another number"}
    if name == "desk-staff-invite":
        who = {"login": "invited", "name": "Ines Vited", "language": "en", "site": SITE}
        return who | {"role": Role.monitor, "reason": "needed"}
    if name == "desk-staff-role-end":
        return {"role": str(rows["kept role"]), "reason": "not needed any more"}
    return {"role": Role.data_manager, "site": SITE, "reason": "asked for"}


async def seed_rota(study: SeededStudy) -> None:
    """Somebody who may be told at the site, and holidays to take out, one for every role."""
    await seed_staff(study, "told", site=SITE)
    await seed_staff(study, "kept", site=SITE, role="monitor")
    await study.owner.execute(
        "INSERT INTO pro.senders (study_id, id, channel, provider, address, site_id, actor)"
        " SELECT study_id, gen_random_uuid(), 'sms', 'simulator', '+12025550160', id, $1"
        " FROM pro.sites WHERE code = $2",
        ACTOR,
        SITE,
    )
    for _ in Role:
        await study.owner.execute(
            "INSERT INTO pro.rota_entries (study_id, id, site_id, kind, weekdays, first_on,"
            " last_on, actor) SELECT study_id, gen_random_uuid(), id, 'holiday', '{}',"
            " date '2099-12-25', date '2099-12-25', $1 FROM pro.sites WHERE code = $2",
            ACTOR,
            SITE,
        )


def rota_filled(rows: Mapping[str, UUID], day: str) -> dict[str, str]:
    """What every form of the rota takes."""
    filled = {"key": str(new_id()), "weekdays": "mon", "begins": "08:00", "ends": "20:00"}
    return filled | {"person": str(rows["staff"]), "first_on": day}


async def seed_visit_rows(participant: SeededParticipant) -> None:
    """One row of each kind for every role."""
    line = await seed_line(participant)
    assessment = participant.assessments["baseline", "pain-nrs", "left_knee"]
    for number, _ in enumerate(Role):
        call = await seed_call(participant)
        await participant.study.owner.execute(
            "UPDATE pro.call_tasks SET reason = $2 WHERE id = $1", call, f"reason_{number}"
        )
        alert = await seed_alert(participant, assessment)
        await participant.study.owner.execute(
            "UPDATE pro.alerts SET rule = $2 WHERE id = $1", alert, f"rule_{number}"
        )
        await participant.study.owner.execute(
            "INSERT INTO pro.alerts (study_id, id, participant_id, rule, severity, raised_at,"
            " actor) SELECT study_id, gen_random_uuid(), participant_id, 'assessed', severity,"
            " raised_at, actor FROM pro.alerts WHERE id = $1",
            alert,
        )
        for _ in SETTLING:
            await seed_text(participant, line, "my knee is swollen")
        await seed_message(participant, line, "unconfirmed")
    await participant.study.owner.execute(
        "INSERT INTO pro.alert_assessments (study_id, id, participant_id, alert_id, verdict, told,"
        " assessed_at, actor) SELECT study_id, gen_random_uuid(), participant_id, id, 'no_ae',"
        " 'note:' || gen_random_uuid(), pro.now(), actor FROM pro.alerts WHERE rule = 'assessed'"
    )
    await seed_entry(participant, assessment)


async def seed_data_query(participant: SeededParticipant) -> None:
    """A question about somebody's data that waits for an answer."""
    await participant.study.owner.execute(
        "INSERT INTO pro.data_queries (study_id, id, participant_id, rule, actor)"
        " VALUES ($1, $2, $3, 'answered_fast', $4)",
        participant.study.id,
        new_id(),
        participant.id,
        ACTOR,
    )
