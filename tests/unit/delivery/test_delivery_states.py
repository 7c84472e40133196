"""Message states: receipts in any order."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_service.domain.delivery.states import (
    NEVER_SENT,
    RECEIPT_STATES,
    MessageState,
    apply_receipt,
)

S = MessageState


def test_late_sent_never_undoes_delivered() -> None:
    assert apply_receipt(S.delivered, S.sent) is S.delivered
    assert apply_receipt(S.undelivered, S.sent) is S.undelivered


@pytest.mark.parametrize("current", [S.queued, S.sending, S.ambiguous, S.unconfirmed])
@pytest.mark.parametrize("reported", sorted(RECEIPT_STATES))
def test_any_receipt_binds_a_message_whose_fate_was_open(
    current: MessageState, reported: MessageState
) -> None:
    assert apply_receipt(current, reported) is reported


@pytest.mark.parametrize("current", sorted(NEVER_SENT))
def test_message_never_sent_is_not_changed_by_a_receipt(current: MessageState) -> None:
    assert apply_receipt(current, S.delivered) is current


@pytest.mark.parametrize("reported", sorted(set(MessageState) - RECEIPT_STATES))
def test_state_no_provider_reports_is_refused(reported: MessageState) -> None:
    with pytest.raises(ValueError, match="cannot report"):
        apply_receipt(S.accepted, reported)


def test_order_of_receipts_does_not_change_the_end_of_a_delivered_message() -> None:
    for order in itertools.permutations([S.accepted, S.sent, S.delivered]):
        state = S.sending
        for reported in order:
            state = apply_receipt(state, reported)
        assert state is S.delivered


@given(st.sampled_from(S), st.lists(st.sampled_from(sorted(RECEIPT_STATES))))
def test_copies_of_receipts_change_nothing(
    current: MessageState, receipts: list[MessageState]
) -> None:
    once = twice = current
    for reported in receipts:
        once = apply_receipt(once, reported)
        twice = apply_receipt(apply_receipt(twice, reported), reported)
    assert once is twice


def test_final_states_are_not_left_for_an_earlier_one() -> None:
    final = {S.delivered, S.undelivered, S.failed} | NEVER_SENT
    for current, reported in itertools.product(final, RECEIPT_STATES):
        after = apply_receipt(current, reported)
        assert after is current or after is S.delivered
