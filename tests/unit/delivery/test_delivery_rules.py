"""Retries; channel rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Literal

import pytest

from pro_service.catalog.channel_files import ChannelFileError, load_channels, read_channels
from pro_service.domain.delivery.channels import (
    ChannelRule,
    how_to_ask,
    safest,
)
from pro_service.domain.delivery.rules import retry_pause

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
CHANNELS = load_channels()
OWN = """
[[rule]]
channel = "sms"
provider = "twilio"
country = "US"
one_way = true
two_way = true
links = true
template_registered = false
per_day = 1
source = "our carrier's letter"
read_on = 2027-01-02
"""


def test_retries_pause_ever_longer_up_to_a_quarter_of_an_hour() -> None:
    pauses = [retry_pause(attempt) for attempt in range(1, 8)]
    assert pauses[:3] == [timedelta(seconds=30), timedelta(minutes=1), timedelta(minutes=2)]
    assert pauses == sorted(pauses)
    assert retry_pause(10_000) == timedelta(minutes=15)


def test_attempts_are_counted_from_one() -> None:
    with pytest.raises(ValueError, match="from 1"):
        retry_pause(0)


def test_mainland_china_through_twilio_has_no_replies_and_no_links() -> None:
    rule = CHANNELS.rule_for("sms", "twilio", "cn")
    assert not rule.two_way
    assert not rule.links
    assert rule.template_registered
    assert rule.per_day == 2
    assert how_to_ask(rule, "link") == how_to_ask(rule, "text") == "code"


@pytest.mark.parametrize(
    ("channel", "provider", "country"),
    [("sms", "twilio", "ZZ"), ("sms", "nobody", "US"), ("pigeon", "twilio", "US")],
)
def test_unknown_means_nothing_is_sent_and_somebody_calls(
    channel: str, provider: str, country: str
) -> None:
    rule = CHANNELS.rule_for(channel, provider, country)
    assert rule == safest(channel, provider, country)
    assert how_to_ask(rule, "text") == "call"


def test_row_of_a_country_goes_before_the_row_of_any_country() -> None:
    rules = CHANNELS
    assert rules.rule_for("sms", "simulator", "US").two_way
    assert not rules.rule_for("sms", "simulator", "CN").two_way


def test_an_operator_may_add_and_replace_rows(tmp_path: Path) -> None:
    own = tmp_path / "channels.toml"
    own.write_text(OWN, "utf-8")
    rules = load_channels(own)
    assert rules.rule_for("sms", "twilio", "US").per_day == 1
    assert rules.rule_for("sms", "twilio", "GB").per_day == 3


@pytest.mark.parametrize(
    ("changed", "to", "said"),
    [
        ('country = "US"', 'country = "us"', "rule.0.country: is no country"),
        ("per_day = 1", "per_day = -1", "rule.0.per_day: is below 0"),
        ("read_on = 2027-01-02", "", "rule.0: has no source"),
        ("links = true", "", "rule.0.links: Field required"),
        ("per_day = 1", "per_day = 1\n" + "colour = 1", "rule.0.colour"),
    ],
)
def test_a_wrong_row_is_named_with_its_place(
    tmp_path: Path, changed: str, to: str, said: str
) -> None:
    own = tmp_path / "channels.toml"
    own.write_text(OWN.replace(changed, to), "utf-8")
    with pytest.raises(ChannelFileError) as refused:
        load_channels(own)
    assert said in str(refused.value)


def test_a_row_stands_once(tmp_path: Path) -> None:
    own = tmp_path / "channels.toml"
    own.write_text(OWN + OWN, "utf-8")
    with pytest.raises(ChannelFileError, match="stands twice: sms twilio US"):
        load_channels(own)


def test_every_shipped_row_says_where_and_when_it_was_read() -> None:
    shipped = read_channels(files("pro_service.catalog").joinpath("channels", "shipped.toml"))
    assert all(one.source and one.read_on for one in shipped.rule)
    known = {one.name for one in shipped.provider}
    assert {one.provider for one in shipped.rule} <= known


@pytest.mark.parametrize(
    ("two_way", "links", "preferred", "way"),
    [
        (True, True, "link", "link"),
        (True, True, "text", "text"),
        (True, False, "link", "text"),
        (False, True, "text", "link"),
        (False, False, "text", "code"),
    ],
)
def test_other_way_is_taken_only_where_the_preferred_one_is_not_possible(
    two_way: bool, links: bool, preferred: Literal["link", "text"], way: str
) -> None:
    rule = ChannelRule(
        channel="sms",
        provider="p",
        country="US",
        one_way=True,
        two_way=two_way,
        links=links,
        template_registered=False,
        per_day=3,
    )
    assert how_to_ask(rule, preferred) == way
