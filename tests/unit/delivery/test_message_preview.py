"""Every template and question in every language may be sent; what may not is named."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pro_service.catalog.channel_files import load_channels
from pro_service.cli.main import app
from pro_service.domain.delivery.channels import ChannelRule
from pro_service.domain.delivery.segments import segments
from pro_service.domain.delivery.templates import problems_of

US = load_channels().rule_for("sms", "twilio", "US")
CN = load_channels().rule_for("sms", "twilio", "CN")
GUIDE = Path(__file__).parents[3] / "pro_service" / "messaging" / "README.md"
UNKNOWN = load_channels().rule_for("sms", "twilio", "ZZ")


def run(*arguments: str) -> tuple[int, str]:
    """The command's exit code and what it printed."""
    result = CliRunner().invoke(app, ["messages", "preview", *arguments])
    return result.exit_code, result.stdout


def problems(template: str, text: str, opening: str = "", *rules: ChannelRule) -> list[str]:
    return problems_of(template, opening, text, segments(text), rules)


def test_every_text_of_the_example_study_may_be_sent() -> None:
    code, shown = run("--problems-only", "--country", "US", "--country", "gb")
    assert (code, shown.strip().endswith("0 with something wrong.")) == (0, True), shown


def test_every_language_template_and_question_is_shown_with_what_it_costs() -> None:
    code, shown = run("--json")
    rows = [json.loads(line) for line in shown.splitlines()]
    assert code == 0
    by_language = {
        language: {row["template"] for row in rows if row["language"] == language}
        for language in ("en", "zh_CN")
    }
    assert by_language["en"] == by_language["zh_CN"]
    assert {"reminder.text", "reminder.link", "opt_out.confirmed", "safety.urgent"} <= by_language[
        "en"
    ]
    assert any(one.startswith("question.womac-nrs-3.1.") for one in by_language["en"])
    assert any(one.startswith("reminder.text+") for one in by_language["en"])
    for row in rows:
        counted = segments(row["text"])
        assert (row["characters"], row["encoding"], row["segments"]) == (
            counted.characters,
            counted.encoding,
            counted.segments,
        )
        assert "{" not in row["text"]


def test_the_guide_says_what_a_participant_of_the_example_study_costs() -> None:
    result = CliRunner().invoke(app, ["messages", "cost"])
    found = re.findall(r"(\w+), by (\w+): (\d+) segments .* (\d+) texts received", result.stdout)
    costs = {(language, way): (int(sent), int(received)) for language, way, sent, received in found}
    ways = ("text", "link", "card")
    assert set(costs) == {(one, way) for one in ("en", "zh_CN") for way in ways}
    assert all(received < sent for sent, received in costs.values())
    assert costs["en", "link"] < costs["en", "text"]
    said = " ".join(GUIDE.read_text(encoding="utf-8").split())
    (by_text, received), (by_link, _) = costs["en", "text"], costs["en", "link"]
    assert f"{by_text} segments sent in English, {costs['zh_CN', 'text'][0]} in Chinese" in said
    assert f"({received} texts received)" in said
    assert f"{by_link} and {costs['zh_CN', 'link'][0]} where a link is used" in said
    by_card = {language: costs[language, "card"][0] for language in ("zh_CN", "en")}
    assert f"{by_card['zh_CN']} segments a participant in Chinese, {by_card['en']} in" in said
    priced = ["messages", "cost", "--provider", "aliyun", "--country", "CN", "--price", "0.05"]
    paid = re.findall(r": (\d+\.\d+) for", CliRunner().invoke(app, priced).stdout)
    assert f"{paid[1]} and {paid[0]} at a price of 0.05" in said
    assert "17 letters sent" in result.stdout
    nowhere = CliRunner().invoke(app, ["messages", "cost", "--provider", "aliyun"])
    assert (nowhere.exit_code, "writes to nobody in US" in nowhere.stdout) == (1, True)
    for command in ("cost", "preview"):
        unknown = CliRunner().invoke(app, ["messages", command, "--country", "ZZ"])
        assert (unknown.exit_code, "'ZZ' is no country" in unknown.output) == (2, True)


def test_a_country_that_takes_neither_replies_nor_links_breaks_every_text() -> None:
    code, shown = run("--problems-only", "--country", "CN")
    assert code == 1
    assert "carries a link, which twilio in CN does not allow" in shown
    assert "must be registered with twilio in CN beforehand" in shown


def test_a_protocol_file_that_is_wrong_is_named(tmp_path: Path) -> None:
    file = tmp_path / "p.toml"
    file.write_text("wrong = 1", encoding="utf-8")
    code, shown = run("--protocol", str(file))
    assert code == 1
    assert shown


@pytest.mark.parametrize(
    ("template", "text", "opening", "problem"),
    [
        ("help", "x" * 1601, "", "longer than the 1600 characters a provider takes"),
        ("help", "四" * 202, "", "more than 3 segments"),
        ("question.a", "四" * 269, "", "more than 4 segments"),
        ("reminder.text+a", "Your knee?", "About your knee", "tells bystanders: knee"),
        ("reminder.link", "膝", "膝关节", "tells bystanders: 膝"),
        ("question.a", "Reply YES if it hurts", "", "asks for YES, which carriers act on"),
        ("question.a", "不适请回复 END", "", "asks for END, which carriers act on"),
        ("closing.thanks", "Reply STOP", "", "asks for STOP, which carriers act on"),
    ],
)
def test_what_is_wrong_with_a_text_is_named(
    template: str, text: str, opening: str, problem: str
) -> None:
    assert problem in problems(template, text, opening, US)


def test_a_question_may_name_the_knee_and_a_reminder_may_offer_stop() -> None:
    assert (
        problems("reminder.text+a", "Left knee: how is it? Reply STOP to stop.", "Hello", US) == []
    )
    assert problems("opt_out.confirmed", "reply START", "", US) == []


def test_where_nothing_is_known_nothing_may_be_sent() -> None:
    assert problems("help", "Hello", "", UNKNOWN) == ["no text may be sent through twilio in ZZ"]
    assert "needs a reply, which does not reach us through twilio in CN" in problems(
        "question.a", "How is it?", "", CN
    )


def test_what_points_to_a_card_needs_nothing_but_registration_where_no_reply_comes() -> None:
    _, shown = run("--json", "--country", "CN")
    rows = [json.loads(line) for line in shown.splitlines()]
    cards = [row for row in rows if row["template"].startswith(("reminder.card", "reminder.for_c"))]
    by_card = {row["template"]: row["problems"] for row in cards if "code" not in row["template"]}
    registered = ["must be registered with twilio in CN beforehand"]
    assert by_card == dict.fromkeys(
        ("reminder.card", "reminder.card_unsent", "reminder.card_stop", "reminder.for_card"),
        registered,
    )
