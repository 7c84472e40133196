"""The desk's addresses, and what its handlers need on the application."""

from __future__ import annotations

from typing import Final, NamedTuple

from aiohttp import web

from pro_service.domain.study.duty import EntryKind
from pro_service.domain.study.permissions import Action
from pro_service.services.desk.undoing import UNDOING
from pro_service.web.desk import cards, handlers, pausing, safety, sign_in, texts
from pro_service.web.desk.account.routes import ACCOUNT_FORMS, ACCOUNT_ROUTES
from pro_service.web.desk.alerts import log, steps
from pro_service.web.desk.calling import page as calls
from pro_service.web.desk.calling import printing
from pro_service.web.desk.charting import groups
from pro_service.web.desk.charting import page as charting
from pro_service.web.desk.conversation import forms as texts_read
from pro_service.web.desk.conversation.page import show_text
from pro_service.web.desk.copying import handlers as copying
from pro_service.web.desk.correlating import page as correlating
from pro_service.web.desk.enrol import files
from pro_service.web.desk.enrol import handlers as enrol
from pro_service.web.desk.entering import blanks, corrections, counts, persons, second
from pro_service.web.desk.entering import handlers as entering
from pro_service.web.desk.exporting.routes import EXPORT_FORMS, EXPORT_ROUTES
from pro_service.web.desk.frame.done import UNDO_PATHS
from pro_service.web.desk.frame.undo import undoing
from pro_service.web.desk.guard import LEAVE, SeatedHandler, for_staff
from pro_service.web.desk.keeping.routes import KEPT_FORMS, KEPT_ROUTES
from pro_service.web.desk.live import events
from pro_service.web.desk.measures import reads
from pro_service.web.desk.measures.routes import MEASURE_FORMS, MEASURE_ROUTES
from pro_service.web.desk.missing.routes import MISSING_ROUTES
from pro_service.web.desk.pages import DESK, Desk
from pro_service.web.desk.participants import chosen
from pro_service.web.desk.participants import page as participants
from pro_service.web.desk.person import erasing
from pro_service.web.desk.person.asking import ask_at_once
from pro_service.web.desk.person.registry import SHEETS
from pro_service.web.desk.record import allocation
from pro_service.web.desk.record import page as record
from pro_service.web.desk.record.queries import show_queries
from pro_service.web.desk.rota import forms as rota_forms
from pro_service.web.desk.rota import page as rota
from pro_service.web.desk.signing import locks
from pro_service.web.desk.signing import page as signing
from pro_service.web.desk.tablet import page as tablet
from pro_service.web.desk.today import coming, week
from pro_service.web.desk.today import page as today
from pro_service.web.keys import CONTEXT


class Doing(NamedTuple):
    """A form of the desk, and what sending it does: nobody else gets as far as the handler."""

    path: str
    handler: SeatedHandler
    action: Action
    name: str
    step_up: bool = False
    """Whether it asks for the password anew, if that was given a while ago."""

    @property
    def route(self) -> web.RouteDef:
        """As aiohttp knows it."""
        guarded = for_staff(self.handler, self.action, step_up=self.step_up)
        return web.post(self.path, guarded, name=self.name)


_PARTICIPANT: Final = "/desk/participants/{code}"
_SECOND: Final = f"{_PARTICIPANT}/second"
_TEXT: Final = "/desk/texts/{id}"
_TABLET: Final = f"{_PARTICIPANT}/tablet"
_ROTA: Final = "/desk/rota/{code}"
_SIGNING: Final = f"{_PARTICIPANT}/signing"
_ERASURE: Final = f"{_PARTICIPANT}/erasure"
DOINGS: Final = (
    Doing("/desk/alerts/{id}/seen", steps.see_alert, Action.see_alert, "desk-alert-seen"),
    Doing("/desk/alerts/{id}/taken", steps.take, Action.take_alert, "desk-alert-taken"),
    Doing("/desk/alerts/{id}/assessed", steps.assess, Action.assess_alert, "desk-alert-assessed"),
    Doing("/desk/alerts/{id}/closed", steps.close, Action.assess_alert, "desk-alert-closed"),
    *(
        Doing(path, undoing(kind), UNDOING[kind], f"desk-undo-{kind}".replace("_", "-"))
        for kind, path in UNDO_PATHS.items()
    ),
    Doing("/desk/calls/{id}/close", calls.close, Action.close_call, "desk-call-close"),
    Doing("/desk/calls/{id}/number", calls.show_number, Action.see_number, "desk-call-number"),
    Doing("/desk/calls/print", printing.show_with_numbers, Action.see_number, "desk-calls-numbers"),
    Doing(f"{_PARTICIPANT}/number", calls.show_numbers, Action.see_number, "desk-number"),
    Doing(
        "/desk/messages/{id}/dealt",
        handlers.deal_with_message,
        Action.deal_with_message,
        "desk-message-dealt",
    ),
    Doing(
        f"{_TEXT}/reply/preview",
        texts_read.look_at_reply,
        Action.reply_to_text,
        "desk-reply-preview",
    ),
    Doing(f"{_TEXT}/reply", texts_read.reply, Action.reply_to_text, "desk-text-reply"),
    Doing(f"{_TEXT}/call", texts_read.call, Action.settle_text, "desk-text-call"),
    Doing(f"{_TEXT}/alert", texts_read.alert, Action.settle_text, "desk-text-alert"),
    Doing(f"{_TEXT}/take", texts_read.take, Action.take_answer, "desk-text-take"),
    Doing(f"{_TEXT}/nothing", texts_read.nothing, Action.settle_text, "desk-text-nothing"),
    Doing(correlating.ROOM, correlating.run, Action.correlate, "desk-correlate"),
    Doing(_TABLET, tablet.hand_over, Action.hand_over_tablet, "desk-tablet"),
    Doing(f"{_TABLET}/back", tablet.take_back, Action.hand_over_tablet, "desk-tablet-back"),
    Doing(f"{_PARTICIPANT}/card", cards.renew, Action.renew_card, "desk-card-new"),
    Doing(f"{_PARTICIPANT}/card/show", cards.show, Action.print_card, "desk-card-show"),
    Doing(
        f"{_PARTICIPANT}/pause/preview",
        pausing.preview_pause,
        Action.pause_participant,
        "desk-pause-preview",
    ),
    Doing(f"{_PARTICIPANT}/pause", pausing.pause, Action.pause_participant, "desk-pause"),
    Doing(
        f"{_PARTICIPANT}/resume/preview",
        pausing.preview_resumption,
        Action.pause_participant,
        "desk-resume-preview",
    ),
    Doing(f"{_PARTICIPANT}/safety/end", safety.end, Action.end_safety, "desk-safety-end"),
    Doing(f"{_PARTICIPANT}/resume", pausing.resume, Action.pause_participant, "desk-resume"),
    Doing(
        f"{_PARTICIPANT}/entry/questions", entering.begin, Action.enter_answers, "desk-entry-begin"
    ),
    Doing(f"{_PARTICIPANT}/entry/keep", entering.keep, Action.enter_answers, "desk-entry-keep"),
    Doing(
        f"{_PARTICIPANT}/entry/{{id}}/send", entering.send, Action.enter_answers, "desk-entry-send"
    ),
    Doing(f"{_SECOND}/{{id}}", second.keep, Action.enter_answers, "desk-second-keep"),
    Doing(f"{_SECOND}/{{id}}/settle", second.settle, Action.settle_entry, "desk-second-settle"),
    Doing(
        f"{_PARTICIPANT}/corrections",
        corrections.ask,
        Action.ask_correction,
        "desk-correction-ask",
    ),
    Doing(
        f"{_PARTICIPANT}/corrections/place",
        corrections.ask_place,
        Action.ask_correction,
        "desk-correction-place",
    ),
    Doing(
        f"{_PARTICIPANT}/corrections/person",
        persons.ask_other,
        Action.ask_correction,
        "desk-correction-person",
    ),
    Doing(
        f"{_PARTICIPANT}/corrections/{{id}}/decide",
        corrections.decide,
        Action.decide_correction,
        "desk-correction-decide",
    ),
    Doing(f"{_PARTICIPANT}/copy", copying.take, Action.copy_record, "desk-copy"),
    Doing(_ERASURE, erasing.sign, Action.erase, "desk-erase"),
    Doing(f"{_SIGNING}/{{id}}", signing.sign, Action.sign_record, "desk-sign"),
    Doing("/desk/locks/preview", locks.preview, Action.lock_data, "desk-lock-preview"),
    Doing("/desk/locks", locks.lock, Action.lock_data, "desk-lock"),
    Doing("/desk/locks/{id}/lift", locks.lift, Action.unlock_data, "desk-lock-lift"),
    Doing(f"{reads.READS}/look", reads.look, Action.read_images, "desk-reads-look"),
    Doing(reads.READS, reads.hand_in, Action.read_images, "desk-reads-take"),
    Doing(f"{reads.READS}/lock", reads.lock, Action.lock_reads, "desk-reads-lock"),
    Doing(f"{reads.READS}/unlock", reads.unlock, Action.lock_reads, "desk-reads-unlock"),
    Doing("/desk/enrol", enrol.send, Action.enrol, "desk-enrol"),
    Doing("/desk/enrol/file", files.look, Action.enrol, "desk-enrol-file"),
    Doing("/desk/enrol/rows", files.confirm, Action.enrol, "desk-enrol-rows"),
    Doing(f"{_PARTICIPANT}/unblind", allocation.unblind, Action.unblind, "desk-unblind"),
    Doing("/desk/allocation", allocation.show_list, Action.see_allocation, "desk-allocation-show"),
    Doing("/desk/groups/arms", groups.show_by_arm, Action.see_allocation, "desk-groups-arms"),
    Doing(f"{_PARTICIPANT}/ask-at-once", ask_at_once, Action.ask_now, "desk-ask-at-once"),
    Doing(chosen.ASK, chosen.ask, Action.ask_now, "desk-chosen-ask"),
    Doing(chosen.CARDS, chosen.cards, Action.print_card, "desk-chosen-cards"),
    Doing("/desk/rota/entries/{id}/end", rota.end, Action.change_rota, "desk-rota-end"),
    *(
        Doing(f"{_ROTA}/{one}", rota_forms.add, Action.change_rota, f"desk-rota-{one}")
        for one in EntryKind
    ),
    *(
        Doing(f"{_PARTICIPANT}/{one.name}", one.send, one.action, f"desk-{one.name}")
        for one in SHEETS
    ),
    *(Doing(*one) for one in (*KEPT_FORMS, *MEASURE_FORMS)),
    *(Doing(*one) for one in EXPORT_FORMS),
)
"""Every form with the action it is."""
FIND: Final = Doing(
    "/desk/participants/find", participants.find, Action.see_participants, "desk-find"
)
"""A form that only looks, and changes nothing: what is typed must not stand in an address."""
FOR_ANYBODY: Final = (
    frozenset({"desk-enter", LEAVE, "desk-language", "desk-study-choose"}) | ACCOUNT_FORMS
)
"""Forms that are nobody's action in particular: signing in and out, the language, the study
and one's own account."""
ROUTES: Final = (
    web.get("/desk/static/{name}", handlers.get_static, name="desk-static"),
    web.get("/desk/sign-in", sign_in.show_sign_in, name="desk-entrance"),
    web.post("/desk/sign-in", sign_in.post_sign_in, name="desk-enter"),
    web.post("/desk/sign-out", sign_in.post_sign_out, name=LEAVE),
    web.get("/desk/studies", sign_in.show_studies, name="desk-studies"),
    web.post("/desk/studies", sign_in.post_study, name="desk-study-choose"),
    web.post("/desk/language", sign_in.choose_language, name="desk-language"),
    *ACCOUNT_ROUTES,
    *KEPT_ROUTES,
    *MEASURE_ROUTES,
    *MISSING_ROUTES,
    *EXPORT_ROUTES,
    web.get("/desk", today.show_today, name="desk"),
    web.get("/desk/events", events.listen, name="desk-events", allow_head=False),
    web.get("/desk/enrol", enrol.show, name="desk-enrol-form"),
    web.get("/desk/rota", rota.show, name="desk-rotas"),
    web.get(_ROTA, rota.show, name="desk-rota"),
    *(web.get(f"{_ROTA}/{one}", rota_forms.show_form) for one in EntryKind),
    web.get("/desk/week", week.show_week, name="desk-week"),
    web.get("/desk/week/print", coming.show, name="desk-week-print"),
    web.get("/desk/since", week.show_since, name="desk-since"),
    web.get("/desk/participants", participants.show_participants, name="desk-participants"),
    web.get("/desk/participants.csv", participants.get_table, name="desk-participants-table"),
    web.get("/desk/figures", participants.show_figures, name="desk-figures"),
    web.get(
        correlating.ROOM, for_staff(correlating.show, Action.correlate), name="desk-correlate-room"
    ),
    web.get("/desk/groups", for_staff(groups.show_groups, Action.see_groups), name="desk-groups"),
    web.get("/desk/texts", texts.show_texts, name="desk-texts"),
    web.get(_TEXT, show_text, name="desk-text"),
    web.get(_PARTICIPANT, handlers.show_participant, name="desk-participant"),
    web.get(
        f"{_PARTICIPANT}/trajectory",
        for_staff(charting.show_trajectory, Action.see_participants),
        name="desk-trajectory",
    ),
    web.get(_TABLET, for_staff(tablet.show_room, Action.hand_over_tablet), name="desk-tablet-room"),
    web.get(
        f"{_TABLET}.svg",
        for_staff(tablet.get_picture, Action.hand_over_tablet),
        name="desk-tablet-picture",
    ),
    web.get(f"{_PARTICIPANT}/card", cards.show_page, name="desk-card"),
    web.get(f"{_PARTICIPANT}/card.svg", cards.get_picture, name="desk-card-picture"),
    web.get(f"{_PARTICIPANT}/contact.svg", cards.get_contact_picture, name="desk-contact-picture"),
    FIND.route,
    web.get("/desk/alerts", log.show, name="desk-alerts"),
    web.get("/desk/alerts.csv", log.show_file, name="desk-alerts-file"),
    web.get("/desk/calls/print", printing.show, name="desk-calls-print"),
    web.get("/desk/calls/{id}", calls.show, name="desk-call"),
    web.get(
        "/desk/corrections",
        for_staff(counts.show_counts, Action.count_corrections),
        name="desk-correction-counts",
    ),
    web.get(
        "/desk/corrections.csv",
        for_staff(counts.get_table, Action.count_corrections),
        name="desk-correction-table",
    ),
    web.get(
        f"{_PARTICIPANT}/entry",
        for_staff(entering.show_room, Action.enter_answers),
        name="desk-entry",
    ),
    web.get(
        f"{_PARTICIPANT}/blank",
        for_staff(blanks.show_of_one, Action.enter_answers),
        name="desk-blank",
    ),
    web.get(
        "/desk/blank",
        for_staff(blanks.show_of_day, Action.enter_answers),
        name="desk-blank-day",
    ),
    web.get(_SECOND, for_staff(second.show_room), name="desk-second"),
    web.get(
        f"{_SECOND}/{{id}}",
        for_staff(second.show_form, Action.enter_answers),
        name="desk-second-form",
    ),
    web.get(
        f"{_PARTICIPANT}/corrections",
        for_staff(corrections.show_corrections, Action.ask_correction),
        name="desk-corrections",
    ),
    web.get(
        f"{_PARTICIPANT}/corrections/other",
        for_staff(persons.show_other, Action.ask_correction),
        name="desk-correction-other",
    ),
    web.get(
        f"{_PARTICIPANT}/entry/{{id}}",
        for_staff(entering.show_sitting, Action.enter_answers),
        name="desk-entry-sitting",
    ),
    web.get(
        "/desk/allocation",
        for_staff(allocation.show_room, Action.see_allocation),
        name="desk-allocation",
    ),
    web.get(
        f"{_PARTICIPANT}/unblind",
        for_staff(allocation.show_form, Action.unblind),
        name="desk-unblind-form",
    ),
    web.get("/desk/record", for_staff(record.show, Action.see_audit), name="desk-record"),
    web.get(
        "/desk/record.csv",
        for_staff(record.get_file, Action.see_participants),
        name="desk-record-table",
    ),
    web.get(
        "/desk/record/queries",
        for_staff(show_queries, Action.see_participants),
        name="desk-record-queries",
    ),
    web.get(
        "/desk/signing", for_staff(signing.show_to_sign, Action.sign_record), name="desk-to-sign"
    ),
    web.get(
        "/desk/signing/waiting",
        for_staff(signing.show_waiting, Action.sign_record),
        name="desk-signing-waiting",
    ),
    web.get(_ERASURE, for_staff(erasing.show_room, Action.erase), name="desk-erasure"),
    web.get(
        f"{_ERASURE}/certificate",
        for_staff(erasing.get_certificate, Action.erase),
        name="desk-erasure-certificate",
    ),
    web.get(_SIGNING, for_staff(signing.show_room, Action.sign_record), name="desk-signing"),
    web.get(
        f"{_SIGNING}/{{id}}",
        for_staff(signing.show_content, Action.sign_record),
        name="desk-signing-content",
    ),
    web.get("/desk/locks", for_staff(locks.show_locks, Action.see_participants), name="desk-locks"),
    web.get(reads.READS, for_staff(reads.show), name="desk-reads"),
    web.get(
        f"{reads.READS}/{{id}}.csv",
        for_staff(reads.get_list, Action.read_images),
        name="desk-reads-list",
    ),
    *(one.route for one in DOINGS),
    *(one.form for one in SHEETS),
    # Last: every other address below /desk gets the desk's own page for what is not there.
    web.get("/desk/{rest:.*}", handlers.not_there, name="desk-nothing"),
)


def set_up(app: web.Application) -> None:
    """Put on the application what the desk's handlers need; after CONTEXT and POOLS are there."""
    app[DESK] = Desk(app[CONTEXT].catalogue.instruments)
    events.set_up(app)
