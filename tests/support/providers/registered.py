"""Templates that a provider has approved: the drafts of a trial, handed in and loaded."""

from __future__ import annotations

from datetime import date
from typing import Final

from pro_service.domain.delivery.registered import Template
from pro_service.services.study.registrations import draft_templates, load_templates
from tests.support.study import ACTOR, SENDER, Trial

SIGNATURE: Final = "健康随访"
APPROVED_ON: Final = date(2026, 1, 2)


async def register(trial: Trial, *, sender: str = SENDER, but: tuple[str, ...] = ()) -> None:
    """Have every draft approved and loaded, those of the keys `but` left out."""
    drafts = await draft_templates(trial.operator, trial.context, trial.study_id, sender)
    templates = [
        Template(
            key=one.key,
            language=one.language,
            code=f"SMS_{number:03}",
            signature=SIGNATURE,
            words=one.words,
            variables=one.variables,
            approved_on=APPROVED_ON,
        )
        for number, one in enumerate(drafts, start=1)
        if one.key not in but
    ]
    await load_templates(trial.operator, trial.study_id, sender, templates, actor=ACTOR)
