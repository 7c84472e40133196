"""How an export names the analysis plan it was computed by: in `about.json`, and by its file.

The tables' own columns say nothing of it, so that those of a study from before plans stay as they
were; `SHA256SUMS` covers both files.
"""

from __future__ import annotations

from datetime import UTC
from typing import Final

from pro_service.domain.endpoints.rules import EndpointRules
from pro_service.services.base.reader import PlanInForce

PLAN_FILE: Final = "analysis_plan.toml"
"""The plan in force, as it was loaded."""
NO_PLAN: Final = "no plan loaded: rules of the protocol"
"""What an export says of a study without a plan: it is computed as it was at 216a353."""
_OWN: Final = {"confirmed_by", "confirmed_on"}
"""Who confirmed a rule stands in the plan's own file, and beside its name the rules nobody has."""


def plan_cells(plan: PlanInForce | None) -> dict[str, object]:
    """What `about.json` says of the plan."""
    if plan is None:
        return {"analysis_plan": {"label": None, "sha256": None, "note": NO_PLAN}}
    head = plan.plan.plan
    return {
        "analysis_plan": {
            "label": plan.label,
            "sha256": plan.content_sha256,
            "version": head.version,
            "purpose": head.purpose,
            "stage": head.stage,
            "confirmed_by": head.confirmed_by,
            "confirmed_on": None if head.confirmed_on is None else head.confirmed_on.isoformat(),
            "in_force_since": plan.since.astimezone(UTC).isoformat(),
            "unsent": plan.plan.records.unsent,
            "to_be_confirmed": list(plan.plan.unconfirmed()),
            "file": PLAN_FILE,
        }
    }


def rule_cells(rules: EndpointRules) -> dict[str, object]:
    """What `about.json` says of thresholds and responder, as it did before there were plans."""
    responder = rules.responder
    return {
        "thresholds": [each.model_dump(mode="json", exclude=_OWN) for each in rules.thresholds],
        "responder": None if responder is None else responder.model_dump(mode="json", exclude=_OWN),
    }
