"""Who may do what at the desk, as one table: services demand from it, pages show by it.

A role is held at a site, or in the whole study. What a role may do is asked of the site where the
participant is now; row-level security in the database is the second fence. Two things are not here:
answers and scores are opened by the protocol (`scores_visible_to`), and who handed out an injection
or knows the allocation by the protocol's own lists.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What a member of staff is, at a site or in the whole study."""

    coordinator = "coordinator"
    """Watches who answers, calls, hands out cards; sees alerts and never assesses them."""
    investigator = "investigator"
    """Answers for participants' safety at a site."""
    data_manager = "data_manager"
    """Reads the record and asks about it."""
    monitor = "monitor"
    """Reads the record and asks about it; changes nothing of it."""
    administrator = "administrator"
    """Keeps sites and staff; sees nobody's record."""
    reader = "reader"
    """Reads images under a pseudonym; sees nobody's record."""
    allocation_holder = "allocation_holder"
    """Knows who was given what; sees nobody's record."""


class Action(StrEnum):
    """Everything the desk can do."""

    see_participants = "see_participants"
    """Who takes part, where they stand, what was asked and sent; never what was answered."""
    see_alert = "see_alert"
    """Say that an alert was seen, and ring: the first of its steps, and not an assessment."""
    take_alert = "take_alert"
    """Take an urgent alert: nobody else is told of it for the protocol's minutes (R10)."""
    assess_alert = "assess_alert"
    """Say what an alert is: no adverse event, one, or a serious one (R9); and close it once it is
    assessed. An investigator's alone: whoever rings may see and never assesses."""
    close_call = "close_call"
    """Work a call to its end: what came of it is acted upon."""
    restrict = "restrict"
    """Restrict a participant, and lift that: said to an investigator (R17)."""
    open_restricted = "open_restricted"
    """See the numbers of somebody restricted, with a reason, which is recorded (R17)."""
    erase = "erase"
    """Sign that a participant is erased: one asks, another does it (R17, R15)."""
    see_number = "see_number"
    """See the telephone numbers of a participant's contacts, which is recorded."""
    deal_with_message = "deal_with_message"
    """Say what was done about a text whose fate never became known."""
    reply_to_text = "reply_to_text"
    """Write to a participant in words the protocol allows: in answer to a text that somebody had to
    read, or first (R7)."""
    settle_text = "settle_text"
    """Have somebody called about a text, raise an alert of it, or say that nothing is needed."""
    take_answer = "take_answer"
    """Take a text as the answer, where the parser reads exactly one value in it (R7)."""
    hand_over_tablet = "hand_over_tablet"
    """Hand a tablet over for one sitting, and take it back (R12)."""
    print_card = "print_card"
    """See a participant's card: whoever holds one can answer with it."""
    renew_card = "renew_card"
    pause_participant = "pause_participant"
    """Begin a pause at the participant's wish, and end it."""
    end_safety = "end_safety"
    """End the safety follow-up of the injections there were, for a reason (R1)."""
    ask_now = "ask_now"
    """Let what is due be asked now, instead of at the next reminder's hour."""
    send_first_text = "send_first_text"
    """Let the first text go, whose reply proves a number, with the participant beside one (R23)."""
    add_visit = "add_visit"
    """Ask something between two visits."""
    record_event = "record_event"
    record_own_event = "record_own_event"
    """Enter what else happened: an event of the protocol's own kinds (R24), or correct one."""
    set_status = "set_status"
    """Say where a participant stands from now on; a withdrawal needs more."""
    record_withdrawal = "record_withdrawal"
    """Take down that somebody withdrew, or takes it back: said to an investigator, in a call
    as well, for it may end safety follow-up and cannot always be undone (R1)."""
    strike_death = "strike_death"
    """Say that a death was recorded or reported in error."""
    change_number = "change_number"
    change_contacts = "change_contacts"
    """By whom a participant is reached, in which order, and what each agreed to (R25)."""
    change_opt_out = "change_opt_out"
    """No more texts, or texts again, at somebody's wish."""
    record_consent = "record_consent"
    """Write down a version of the consent form that was signed, and what is agreed to apart."""
    choose_settings = "choose_settings"
    """Language, way of answering and hour of reminders, at the participant's wish."""
    move_visit = "move_visit"
    """Move one visit to another day of its window."""
    move_to_site = "move_to_site"
    write_note = "write_note"
    """Write something down about a participant that belongs to nothing else."""
    change_rota = "change_rota"
    """Say who is told of urgent matters at a site, on which day and in which hours (R10)."""
    copy_record = "copy_record"
    """Take a copy of a participant's whole record, as far as one may see it, which is recorded."""
    enrol = "enrol"
    """Enrol participants at a site where one works."""
    enter_answers = "enter_answers"
    """Type in what a participant told by telephone or wrote on paper.

    These roles may at most: which of them, and who never, the participant's protocol says (R6).
    """
    settle_entry = "settle_entry"
    """Say what a paper says that two people typed differently."""
    ask_correction = "ask_correction"
    """Ask that an answer which was sent be corrected, on a participant's word or against what was
    typed (R13)."""
    decide_correction = "decide_correction"
    """Approve or refuse what another asked for: an investigator's, never the sponsor's."""

    keep_staff = "keep_staff"
    """Invite staff, give and take back their roles, reset what they lost, end their work here."""
    keep_sites = "keep_sites"
    """Correct what a site is called, by which numbers it and help are reached, and the numbers and
    signatures its texts come from."""
    see_groups = "see_groups"
    """See scores of groups by visit, once they may be looked at (R20), as far as the protocol lets
    the role see scores."""
    correlate = "correlate"
    """Set scores beside measures of groups, once they may be looked at (R20), where the protocol
    names the role for both together (R19)."""
    count_corrections = "count_corrections"
    """See how many corrections were asked for, approved, refused and wait, by site and interviewer
    (R13): counts, and whose requests wait, never an answer."""
    export_data = "export_data"
    """Have tables of one's sites made as files, as far as role and protocol show them (R6, R19)."""
    see_audit = "see_audit"
    """Read the audit: of participants who are now at their sites. An administrator's is empty but
    for what is about no participant."""
    raise_query = "raise_query"
    """Ask about a datum, a visit or a participant: a data query."""
    answer_query = "answer_query"
    close_query = "close_query"
    """Close a data query, or open one again."""
    mark_source = "mark_source"
    """Mark a visit as compared with its source: a monitor's."""
    see_allocation = "see_allocation"
    """See who was given what, which is recorded: its holder's alone (R15)."""
    unblind = "unblind"
    """Learn in an emergency what one participant was given, which is recorded: a physician of the
    site's, at any hour and alone (R15)."""
    see_study_audit = "see_study_audit"
    """Read of the audit what is about no participant: people, roles, sites, versions, the door."""
    sign_record = "sign_record"
    """Sign a participant's visits, or all of them: an investigator's who may see the answers."""
    see_measures = "see_measures"
    """See that something was measured; which value, the protocol says (`measures.visible_to`)."""
    enter_measures = "enter_measures"
    """Type in what was measured in the clinic, correct it, or strike it."""
    import_measures = "import_measures"
    """Bring values of measures in by a file, all or none."""
    lock_data = "lock_data"
    """Hold visits for analysis as they stand (R14)."""
    unlock_data = "unlock_data"
    """Sign that a lock is lifted; of a site or a study with another person (R15)."""

    read_images = "read_images"
    """Take one's own lists of pseudonyms, and hand in what was read: a reader's alone (R19)."""
    hand_out_reads = "hand_out_reads"
    """Bring examinations, hand readers lists of pseudonyms, and take out whose each is (R19): of
    all sites at once."""
    lock_reads = "lock_reads"
    """Lock the reads of images, and sign that they are unlocked: of all sites at once."""


_READ: Final = frozenset({Role.coordinator, Role.investigator, Role.data_manager, Role.monitor})
_CARE: Final = frozenset({Role.coordinator, Role.investigator})

MAY: Final[Mapping[Action, frozenset[Role]]] = {
    Action.see_participants: _READ,
    Action.see_alert: _CARE,
    Action.take_alert: _CARE,
    Action.assess_alert: frozenset({Role.investigator}),
    Action.close_call: _CARE,
    Action.restrict: frozenset({Role.investigator}),
    Action.open_restricted: frozenset({Role.investigator}),
    Action.erase: frozenset({Role.investigator, Role.data_manager}),
    Action.see_number: _CARE,
    Action.deal_with_message: _CARE,
    Action.reply_to_text: _CARE,
    Action.settle_text: _CARE,
    Action.take_answer: _CARE,
    Action.hand_over_tablet: _CARE,
    Action.print_card: _CARE,
    Action.renew_card: _CARE,
    Action.pause_participant: _CARE,
    Action.end_safety: frozenset({Role.investigator}),
    Action.ask_now: _CARE,
    Action.send_first_text: _CARE,
    Action.add_visit: _CARE,
    Action.record_event: _CARE,
    Action.record_own_event: _CARE,
    Action.set_status: _CARE,
    Action.record_withdrawal: frozenset({Role.investigator}),
    Action.strike_death: frozenset({Role.investigator}),
    Action.change_number: _CARE,
    Action.change_contacts: _CARE,
    Action.change_opt_out: _CARE,
    Action.record_consent: _CARE,
    Action.choose_settings: _CARE,
    Action.move_visit: _CARE,
    Action.move_to_site: _CARE,
    Action.write_note: _CARE,
    Action.change_rota: _CARE,
    Action.copy_record: frozenset({Role.investigator}),
    Action.enrol: _CARE,
    Action.enter_answers: _CARE | {Role.data_manager},
    Action.settle_entry: frozenset({Role.investigator, Role.data_manager}),
    Action.ask_correction: _CARE,
    Action.decide_correction: frozenset({Role.investigator}),
    Action.see_groups: frozenset({Role.investigator, Role.data_manager, Role.monitor}),
    Action.correlate: frozenset({Role.investigator, Role.data_manager, Role.monitor}),
    Action.count_corrections: frozenset({Role.investigator, Role.data_manager}),
    Action.keep_staff: frozenset({Role.administrator}),
    Action.keep_sites: frozenset({Role.administrator}),
    Action.export_data: frozenset({Role.data_manager, Role.monitor}),
    Action.see_audit: _READ | {Role.administrator},
    Action.raise_query: frozenset({Role.data_manager, Role.monitor}),
    Action.answer_query: _CARE,
    Action.close_query: frozenset({Role.data_manager, Role.monitor}),
    Action.mark_source: frozenset({Role.monitor}),
    Action.see_allocation: frozenset({Role.allocation_holder}),
    Action.unblind: frozenset({Role.investigator}),
    Action.see_study_audit: frozenset({Role.data_manager, Role.monitor, Role.administrator}),
    Action.sign_record: frozenset({Role.investigator}),
    Action.see_measures: _READ,
    Action.enter_measures: _CARE,
    Action.import_measures: frozenset({Role.data_manager}),
    Action.lock_data: frozenset({Role.investigator, Role.data_manager}),
    Action.unlock_data: frozenset({Role.investigator, Role.data_manager}),
    Action.read_images: frozenset({Role.reader}),
    Action.hand_out_reads: frozenset({Role.data_manager}),
    Action.lock_reads: frozenset({Role.data_manager}),
}
"""Which roles may do it, at the site where the participant is now."""
UNBLINDS: Final = frozenset({Role.allocation_holder})
"""Roles that know who was given what; which see answers and scores, the protocol says."""
UNSEEN: Final = frozenset({Action.print_card, Action.renew_card})
"""Actions whose very address is not there for whoever may not take them."""
