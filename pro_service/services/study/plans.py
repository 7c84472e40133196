"""A study's analysis plan: stored by its content, in force for the whole study from then on."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from pro_service.catalog.plan_files import LoadedPlan, read_plan
from pro_service.domain.endpoints.plan import AnalysisPlan
from pro_service.domain.errors import ProServiceError
from pro_service.services.base.context import ServiceContext
from pro_service.store.base import operations
from pro_service.store.connection import Connection, transaction
from pro_service.store.ids import new_id
from pro_service.store.study import plans as store
from pro_service.store.study import studies
from pro_service.store.study.plans import NewPlan
from pro_service.store.study.studies import StudyRow


class PlanRefusedError(ProServiceError):
    """The analysis plan cannot be put in force in this study."""


class PlanLoading(NamedTuple):
    """What loading a plan did."""

    label: str
    before: str | None
    """Label of the plan that was in force; None: there was none."""
    fresh: bool
    """Whether another plan is in force than before."""
    differences: tuple[str, ...]
    """What differs from the plan that was in force, a line each."""


class PlanPeriod(NamedTuple):
    """A plan's time in force."""

    plan: AnalysisPlan
    label: str
    content_sha256: str
    since: datetime
    """Study time."""
    actor: str
    reason: str


async def load_plan(
    connection: Connection,
    context: ServiceContext,
    study: StudyRow,
    loaded: LoadedPlan,
    *,
    actor: str,
    reason: str,
) -> PlanLoading:
    """Store a checked plan and put it in force; the one in force already changes nothing.

    Raises PlanRefusedError for a plan of another study, for an example in a production database,
    and where no reason is given; PlanFileError for a visit that no protocol version of the study
    has.
    """
    if not reason.strip():
        raise PlanRefusedError("A plan is put in force for a reason.", mend="Add --reason.")
    await _check(connection, context, study, loaded)
    present = await context.reader.plan(
        connection, study.id, await operations.get_study_time(connection)
    )
    label = loaded.content_sha256[:12]
    if present is not None and present.content_sha256 == loaded.content_sha256:
        return PlanLoading(label, present.label, fresh=False, differences=())
    async with transaction(connection) as held:
        plan_id = await store.find_plan(held, study.id, loaded.content_sha256)
        if plan_id is None:
            plan_id = new_id()
            new = NewPlan(
                id=plan_id,
                content_sha256=loaded.content_sha256,
                label=label,
                source=loaded.text,
                document=loaded.plan.model_dump(mode="json"),
                actor=actor,
                reason=reason,
            )
            await store.insert_plan(held, study.id, new)
        await store.put_plan_in_force(held, study.id, new_id(), plan_id, actor=actor, reason=reason)
    differences = () if present is None else loaded.plan.changed_since(present.plan)
    return PlanLoading(
        label, None if present is None else present.label, fresh=True, differences=differences
    )


async def _check(
    connection: Connection, context: ServiceContext, study: StudyRow, loaded: LoadedPlan
) -> None:
    head = loaded.plan.plan
    if head.study != study.code:
        raise PlanRefusedError(
            f"The plan is for the study {head.study}, not for {study.code}.",
            mend="Name its study with --study, or mend plan.study in the file.",
        )
    kind = await operations.get_database_kind(connection)
    if head.purpose == "example" and kind == "production":
        raise PlanRefusedError(
            "The plan is an example, and nobody has confirmed its rules.",
            mend='Have them confirmed, and say purpose = "trial" in the file.',
        )
    visits: set[str] = set()
    own_events: set[str] = set()
    for version in await studies.list_protocol_versions(connection, study.id):
        protocol = await context.reader.protocol(connection, study.id, version.id)
        visits |= {visit.id for visit in protocol.visits}
        own_events |= {one.id for one in protocol.coming.own_event}
    read_plan(loaded.text, visits=visits, own_events=own_events)


async def list_plans(connection: Connection, study: StudyRow) -> list[PlanPeriod]:
    """Every time a plan of the study came into force, the latest last."""
    return [
        PlanPeriod(
            AnalysisPlan.model_validate_json(one.document),
            one.label,
            one.content_sha256,
            one.since,
            one.actor,
            one.reason,
        )
        for one in await store.list_plans(connection, study.id)
    ]
