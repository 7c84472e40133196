"""The command `try-reply`, as a person at a terminal uses it."""

from __future__ import annotations

import json

import pytest
import typer
from typer.testing import CliRunner, Result

from pro_service.cli.tools import try_reply


def run(*arguments: str, given: str | bytes | None = None) -> Result:
    app = typer.Typer()
    try_reply.register(app)

    @app.command("other")
    def other() -> None:
        """Stand beside `try-reply`, so that its name must be given."""

    return CliRunner().invoke(app, ["try-reply", *arguments], input=given)


def objects(result: Result) -> list[dict[str, object]]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_value_is_shown_with_the_next_words_to_the_participant() -> None:
    [shown] = objects(run("pain-nrs", "pain", "4分", "--language", "zh_CN"))
    assert list(shown) == ["text", "understood", "value", "command", "reply"]
    assert (shown["text"], shown["understood"], shown["value"]) == ("4分", True, 4)
    assert shown["command"] is None
    assert "谢谢您" in str(shown["reply"])


def test_next_question_follows_an_answered_item() -> None:
    [shown] = objects(run("womac-nrs-3.1", "pain_1", "3"))
    assert "pain on the stairs" in str(shown["reply"])


def test_command_is_no_value_even_where_it_answers() -> None:
    shown = objects(run("womac-lk-3.1", "function_7", "skip", "n/a", "stop", "back", "mild"))
    assert [one["command"] for one in shown] == ["skip", "not_applicable", "stop", "back", None]
    assert [one["understood"] for one in shown] == [False, False, False, False, True]
    assert [one["value"] for one in shown] == [None, None, None, None, 1]


@pytest.mark.parametrize(
    "arguments", [("--", "-1", "4"), ("-1", "4"), ("-1", "--language", "en", "4")]
)
def test_text_may_begin_with_a_dash(arguments: tuple[str, ...]) -> None:
    shown = objects(run("pain-nrs", "pain", *arguments))
    assert [(one["text"], one["value"]) for one in shown] == [("-1", None), ("4", 4)]


def test_lines_of_standard_input_are_tried_one_by_one() -> None:
    shown = objects(run("pain-nrs", "pain", given="4\r\n\n4 or 5\n十\n".encode()))
    assert [one["text"] for one in shown] == ["4", "", "4 or 5", "十"]
    assert [one["value"] for one in shown] == [4, None, None, 10]


def test_bytes_that_are_no_text_are_shown_replaced() -> None:
    [shown] = objects(run("pain-nrs", "pain", given=b"\xff\xfe4\n"))
    assert shown["understood"] is False


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("pain", "pain", "4"), "womac-lk-3.1"),
        (("womac-lk-3.1", "pain", "4"), "stiffness_2"),
        (("pain-nrs", "pain", "4", "--language", "fr"), "zh_CN"),
    ],
)
def test_unknown_name_is_one_line_that_names_the_known(
    arguments: tuple[str, ...], named: str
) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert named in result.stderr
