"""Every address of /api/v1: what is served, and what openapi.json is made of."""

from __future__ import annotations

from typing import Final

from pro_service.domain.programs.scopes import Scope
from pro_service.domain.study.permissions import Action
from pro_service.web.api.handlers import exports, people, record, writing
from pro_service.web.api.models import exports as export_models
from pro_service.web.api.models import people as people_models
from pro_service.web.api.models import record as record_models
from pro_service.web.api.models.base import PageQuery
from pro_service.web.api.table import Endpoint

_ONE: Final = "/participants/{code}"

ENDPOINTS: Final = (
    Endpoint(
        path="/participants",
        name="list-participants",
        summary="Participants at the key's sites, by code.",
        scope=Scope.read_participants,
        action=Action.see_participants,
        query=people_models.ParticipantsQuery,
        finds=True,
        handler=people.list_participants,
        answer=people_models.Participants,
    ),
    Endpoint(
        method="POST",
        path="/participants",
        name="enrol-participant",
        summary="Enrol somebody: one row of the enrolment file, checked by its rules.",
        scope=Scope.enrol,
        action=Action.enrol,
        body=people_models.Enrolment,
        handler=writing.enrol,
        answer=people_models.Enrolled,
    ),
    Endpoint(
        path=_ONE,
        name="get-participant",
        summary="One participant.",
        scope=Scope.read_participants,
        action=Action.see_participants,
        handler=people.get_participant,
        answer=people_models.Participant,
    ),
    Endpoint(
        path=f"{_ONE}/schedule",
        name="get-schedule",
        summary="Visits with their windows, and the state of what each asks.",
        scope=Scope.read_schedule,
        action=Action.see_participants,
        handler=people.get_schedule,
        answer=people_models.Schedule,
    ),
    Endpoint(
        path=f"{_ONE}/events",
        name="get-events",
        summary="Every word on every event, and every status.",
        scope=Scope.read_events,
        action=Action.see_participants,
        handler=people.get_events,
        answer=people_models.Events,
    ),
    Endpoint(
        method="POST",
        path=f"{_ONE}/events",
        name="record-event",
        summary="Record an event, with the status and the schedule that follow from it.",
        scope=Scope.record_events,
        action=Action.record_event,
        body=people_models.EventBody,
        preconditioned=True,
        handler=writing.record_event,
        answer=people_models.EventRecorded,
    ),
    Endpoint(
        path=f"{_ONE}/sittings",
        name="get-sittings",
        summary="How, when and by whom it was answered; never what.",
        scope=Scope.read_sittings,
        action=Action.see_participants,
        handler=record.get_sittings,
        answer=record_models.Sittings,
    ),
    Endpoint(
        path=f"{_ONE}/scores",
        name="get-scores",
        summary="Scores, where the protocol shows them to a role of the program's.",
        scope=Scope.read_scores,
        action=Action.see_participants,
        handler=record.get_scores,
        answer=record_models.Scores,
    ),
    Endpoint(
        path=f"{_ONE}/measures",
        name="get-measures",
        summary="Values of measures that stand, where the protocol shows them.",
        scope=Scope.read_measures,
        action=Action.see_measures,
        handler=record.get_measures,
        answer=record_models.Measures,
    ),
    Endpoint(
        path=f"{_ONE}/messages",
        name="get-messages",
        summary="Texts by kind and state; never their words.",
        scope=Scope.read_messages,
        action=Action.see_participants,
        handler=record.get_messages,
        answer=record_models.Messages,
    ),
    Endpoint(
        path="/alerts",
        name="list-alerts",
        summary="Alerts, in the order in which they were raised.",
        scope=Scope.read_alerts,
        action=Action.see_participants,
        query=PageQuery,
        handler=record.list_alerts,
        answer=record_models.Alerts,
    ),
    Endpoint(
        path="/calls",
        name="list-calls",
        summary="Calls that are or were wanted, in the order in which they were.",
        scope=Scope.read_calls,
        action=Action.see_participants,
        query=PageQuery,
        handler=record.list_calls,
        answer=record_models.Calls,
    ),
    Endpoint(
        path="/calls/{id}",
        name="get-call",
        summary="One call.",
        scope=Scope.read_calls,
        action=Action.see_participants,
        handler=record.get_call,
        answer=record_models.Call,
    ),
    Endpoint(
        method="POST",
        path="/calls/{id}",
        name="close-call",
        summary="Close a call with what came of it, which is acted upon.",
        scope=Scope.close_calls,
        action=Action.close_call,
        body=record_models.CallBody,
        preconditioned=True,
        handler=writing.close_call,
        answer=record_models.CallClosed,
    ),
    Endpoint(
        method="POST",
        path="/exports",
        name="ask-export",
        summary="Have tables made as a file, in the background.",
        scope=Scope.export,
        action=Action.export_data,
        body=export_models.ExportBody,
        handler=exports.ask,
        answer=export_models.ExportAsked,
    ),
    Endpoint(
        path="/exports/{id}",
        name="get-export",
        summary="How far an export of the program's own has come.",
        scope=Scope.export,
        action=Action.export_data,
        handler=exports.show,
        answer=export_models.Export,
    ),
    Endpoint(
        path="/exports/{id}/file",
        name="get-export-file",
        summary="The file, for a day; that it is taken is recorded.",
        scope=Scope.export,
        action=Action.export_data,
        handler=exports.take,
        answer=None,
    ),
)
"""The table."""
