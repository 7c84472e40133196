"""Which sender writes to a number: country and consent choose; no provider stands in."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from pro_service.catalog.channel_files import load_channels
from pro_service.domain.delivery.senders import EMAIL, NoWay, SenderFacts, as_shown, outlet_to

RULES = load_channels()
TWILIO = SenderFacts(id=UUID(int=1), provider="twilio", address="+12025550199")
ALIYUN = SenderFacts(id=UUID(int=2), provider="aliyun", address="健康随访")
TENCENT = SenderFacts(id=UUID(int=3), provider="tencent", address="健康随访")
EVERY = ["twilio", "aliyun", "tencent"]


def test_the_domestic_sender_writes_in_its_country_and_the_other_elsewhere() -> None:
    for cross_border in (True, False):
        there = outlet_to((TWILIO, ALIYUN), "CN", RULES, EVERY, cross_border=cross_border)
        assert (there.sender, there.why_not) == (ALIYUN, None)
        here = outlet_to((ALIYUN, TWILIO), "US", RULES, EVERY, cross_border=cross_border)
        assert (here.sender, here.why_not) == (TWILIO, None)


def test_among_equals_the_nearest_writes() -> None:
    for senders in ((ALIYUN, TENCENT), (TENCENT, ALIYUN)):
        found = outlet_to(senders, "CN", RULES, EVERY, cross_border=False)
        assert found.sender == senders[0]


def test_a_provider_abroad_needs_the_consent_and_leaves_the_card() -> None:
    agreed = outlet_to((TWILIO,), "CN", RULES, EVERY, cross_border=True)
    assert (agreed.sender, agreed.why_not) == (TWILIO, None)
    refused = outlet_to((TWILIO,), "CN", RULES, EVERY, cross_border=False)
    assert refused.why_not is NoWay.no_cross_border
    assert refused.rule.one_way


def test_no_consent_is_asked_for_where_the_law_asks_for_none() -> None:
    found = outlet_to((TWILIO,), "GB", RULES, EVERY, cross_border=False)
    assert (found.sender, found.why_not) == (TWILIO, None)


def test_what_is_not_known_and_what_is_not_set_up_goes_nowhere() -> None:
    nowhere = outlet_to((TWILIO,), "ZZ", RULES, EVERY, cross_border=True)
    assert nowhere.why_not is NoWay.no_channel
    gone = outlet_to((ALIYUN,), "CN", RULES, ["twilio"], cross_border=True)
    assert (gone.sender, gone.why_not) == (None, NoWay.provider_gone)
    nobody = outlet_to((), "US", RULES, EVERY, cross_border=True)
    assert (nobody.sender, nobody.why_not) == (None, NoWay.no_channel)


SENDERS = st.lists(st.sampled_from((TWILIO, ALIYUN, TENCENT)), unique=True)
NAMES = st.lists(st.sampled_from(EVERY), unique=True)
COUNTRIES = st.sampled_from(("CN", "US", "GB", "ZZ"))


@given(SENDERS, COUNTRIES, NAMES, st.booleans())
def test_what_may_be_written_from_is_in_use_allowed_and_agreed_to(
    senders: list[SenderFacts], country: str, names: list[str], cross_border: bool
) -> None:
    found = outlet_to(senders, country, RULES, names, cross_border=cross_border)
    if found.why_not is not None:
        return
    assert found.sender is not None
    assert found.sender.provider in names
    rule = RULES.rule_for("sms", found.sender.provider, country)
    assert rule == found.rule
    assert rule.one_way
    assert cross_border or not RULES.needs_consent(found.sender.provider, country)


def test_an_address_is_shown_as_a_telephone_shows_it() -> None:
    assert as_shown("+12025550199") == "+12025550199"
    assert as_shown("康复随访") == "【康复随访】"
    assert as_shown(f"MG{'c' * 32}") is None


def test_a_provider_of_letters_writes_to_no_telephone_and_a_text_to_no_mailbox() -> None:
    letters = SenderFacts(id=UUID(int=4), provider="email", address="followup@study.example")
    names = [*EVERY, "email"]
    by_text = outlet_to((letters, TWILIO), "US", RULES, names, cross_border=False)
    assert by_text.sender == TWILIO
    by_letter = outlet_to((TWILIO, letters), "CN", RULES, names, cross_border=False, channel=EMAIL)
    assert (by_letter.sender, by_letter.why_not) == (letters, None)
    none = outlet_to((TWILIO,), "US", RULES, EVERY, cross_border=False, channel=EMAIL)
    assert none.why_not is NoWay.no_channel
