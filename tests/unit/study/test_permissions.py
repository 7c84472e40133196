"""Who may do what: the table itself."""

from __future__ import annotations

import pytest

from pro_service.domain.study.permissions import MAY, UNSEEN, Action, Role

SAFETY = {Action.see_alert, Action.close_call, Action.see_number}
READS = {
    *(Action.see_participants, Action.see_audit, Action.see_study_audit),
    Action.see_measures,
    Action.see_groups,
    Action.correlate,
}
ASKS = {Action.raise_query, Action.close_query}
LOCKS = {Action.lock_data, Action.unlock_data, Action.lock_reads, Action.hand_out_reads}
KEEPS = {Action.keep_staff, Action.keep_sites}
ABOUT_NOBODY = KEEPS | {
    Action.see_audit,
    Action.see_study_audit,
    Action.see_allocation,
    Action.read_images,
}
"""What may be done without seeing who takes part: by row, an administrator's audit names nobody."""


def test_every_action_has_somebody_who_does_it() -> None:
    assert set(MAY) == set(Action)
    assert all(MAY[action] for action in Action)


@pytest.mark.parametrize(
    ("role", "does"),
    [
        (Role.monitor, READS | ASKS | {Action.mark_source, Action.export_data}),
        (
            Role.data_manager,
            READS
            | ASKS
            | LOCKS
            | {Action.enter_answers, Action.settle_entry, Action.count_corrections}
            | {Action.import_measures, Action.export_data, Action.erase},
        ),
    ],
)
def test_who_reads_the_record_changes_nothing_but_where_a_protocol_lets_them_enter(
    role: Role, does: set[Action]
) -> None:
    assert {action for action in Action if role in MAY[action]} == does


@pytest.mark.parametrize(
    ("role", "does"),
    [
        (Role.administrator, KEEPS | {Action.see_audit, Action.see_study_audit}),
        (Role.reader, {Action.read_images}),
        (Role.allocation_holder, {Action.see_allocation}),
    ],
)
def test_who_has_no_part_in_care_or_record_sees_nobody(role: Role, does: set[Action]) -> None:
    assert {action for action in Action if role in MAY[action]} == does


def test_administrators_alone_keep_staff_and_sites() -> None:
    assert all(MAY[action] == {Role.administrator} for action in KEEPS)


def test_who_does_something_about_participants_sees_them() -> None:
    about = set(Action) - ABOUT_NOBODY
    assert all(MAY[action] <= MAY[Action.see_participants] for action in about)


def test_safety_is_for_those_who_care_for_participants() -> None:
    for action in SAFETY:
        assert MAY[action] == {Role.coordinator, Role.investigator}


def test_whoever_rings_never_assesses_and_follow_up_ends_with_an_investigator() -> None:
    for action in (
        Action.assess_alert,
        Action.record_withdrawal,
        Action.strike_death,
        Action.end_safety,
    ):
        assert MAY[action] == {Role.investigator}


def test_a_card_is_a_way_to_answer_so_its_address_is_not_told() -> None:
    assert {Action.print_card, Action.renew_card} == UNSEEN
