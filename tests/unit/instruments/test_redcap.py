"""A REDCap data dictionary as an instrument's draft: what is taken, and what is to be filled in."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from pro_service.catalog.instrument_files import InstrumentFileError, load_instrument_file
from pro_service.catalog.redcap import COLUMNS, Dictionary, DictionaryError, Draft, draft_of
from pro_service.cli.tools.instruments import instrument_app

NAMES = dict(zip(("field", "form", "section", "kind", "label", "choices"), COLUMNS, strict=False))
NAMES |= {"validation": COLUMNS[7], "least": COLUMNS[8], "most": COLUMNS[9]}
NAMES |= {"branching": COLUMNS[11], "required": COLUMNS[12], "matrix": COLUMNS[15]}


def field(name: str, kind: str, **cells: str) -> list[str]:
    """One row of a dictionary."""
    given = {"field": name, "form": "knee_diary", "kind": kind, "label": f"About {name}"} | cells
    told = {NAMES[key]: value for key, value in given.items()}
    return [told.get(column, "") for column in COLUMNS]


def drafted(*rows: list[str], form: str | None = None) -> Draft:
    return draft_of(Dictionary("dictionary.csv", COLUMNS, rows), form)


FIELDS = (
    field("pain", "radio", section="Today", choices="0, None | 1, Mild | 2, Strong", required="y"),
    field("climbing", "dropdown", choices="10, No problem | 6, Harder | 0, Impossible"),
    field("swollen", "yesno", section="Yesterday"),
    field("worry", "slider", choices="none | | very much"),
    field("walked_km", "text", validation="number_1dp", least="0", most="40"),
    field("stairs", "text", validation="integer", least="0", most="100"),
    field("weight", "text", validation="number"),
    field("remarks", "notes"),
    field("when", "text", validation="date_ymd"),
    field("total", "calc", choices="[pain] + [climbing]"),
    field("where", "checkbox", choices="1, Inside | 2, Outside"),
    field("which", "radio", choices="0, Left | 1, Right", branching="[pain] > 0"),
    field("row_one", "radio", choices="0, Never | 1, Always", matrix="rows"),
    field("words", "radio", choices="a, Left | b, Right"),
)


def test_questions_with_one_number_are_taken_and_the_rest_is_named() -> None:
    draft = drafted(*FIELDS)
    assert (draft.id, draft.items) == ("knee-diary", 6)
    assert dict(draft.left) == {
        "weight": "is a number without a least and a most",
        "remarks": "takes free words",
        "when": "takes free words",
        "total": "is calculated: write the rule as a scale",
        "where": "takes several answers: make each choice a question of its own",
        "which": "is shown only if something else was answered (branching logic)",
        "row_one": "is part of a matrix: write its rows as questions",
        "words": "has a choice whose code is no number",
    }


def test_the_check_asks_of_the_draft_what_the_dictionary_cannot_say(tmp_path: Path) -> None:
    path = tmp_path / "knee-diary.toml"
    path.write_text(drafted(*FIELDS).text, encoding="utf-8")
    with pytest.raises(InstrumentFileError) as caught:
        load_instrument_file(path)
    assert all(
        mistake.endswith(("is missing or empty.", "may be used.", "are published."))
        for mistake in caught.value.mistakes
    ), caught.value.mistakes
    keys = {mistake.split(":")[0] for mistake in caught.value.mistakes}
    assert {"citation", "licence", "title.zh_CN", "recall.en", "items[0].label.zh_CN"} <= keys


def test_a_draft_whose_gaps_are_filled_is_right(tmp_path: Path) -> None:
    text = drafted(*FIELDS[:2], *FIELDS[3:6]).text
    for number in range(text.count('""')):
        text = text.replace('""', f'"word {chr(97 + number // 26)}{chr(97 + number % 26)}"', 1)
    path = tmp_path / "knee-diary.toml"
    path.write_text(text, encoding="utf-8")
    made = load_instrument_file(path)
    pain, climbing, worry, walked, stairs = made.items
    assert made.groups == (("pain", "climbing", "worry", "walked_km", "stairs"),)
    assert (pain.skippable, [one.value for one in pain.choices]) == (False, [0, 1, 2])
    assert [(one.value, one.score) for one in climbing.choices] == [(0, 0), (1, 6), (2, 10)]
    assert (worry.minimum, worry.maximum, worry.low_anchor["en"]) == (0, 100, "none")
    assert (walked.maximum, walked.decimals) == (40, 1)
    assert (stairs.maximum, stairs.decimals) == (100, 0)


def test_a_section_begins_a_screen_and_labels_lose_their_markup() -> None:
    text = drafted(
        field("one", "yesno", label='<b>Pain</b>&nbsp;now,\nand "later"', section="A"),
        field("two", "yesno", section="B"),
    ).text
    assert '    ["one"],\n    ["two"],' in text
    assert r'en = "Pain now, and \"later\""' in text


def test_of_several_forms_one_is_named() -> None:
    rows = (field("one", "yesno"), field("two", "yesno", form="other"))
    with pytest.raises(DictionaryError, match="2 forms: knee_diary, other"):
        drafted(*rows)
    assert drafted(*rows, form="other").id == "other"
    with pytest.raises(DictionaryError, match="no form third"):
        drafted(*rows, form="third")


def test_another_table_is_no_dictionary() -> None:
    with pytest.raises(DictionaryError, match="no column Variable / Field Name"):
        draft_of(Dictionary("answers.csv", ("pain", "walk"), [("1", "2")]))


def test_the_command_writes_the_draft_and_says_what_is_not_in_it(tmp_path: Path) -> None:
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([COLUMNS, *FIELDS])
    source = tmp_path / "dictionary.csv"
    source.write_text(buffer.getvalue(), encoding="utf-8")
    app = typer.Typer()
    app.add_typer(instrument_app, name="instrument")
    call = ["instrument", "from-redcap", str(source), "--out", str(tmp_path)]
    made = CliRunner().invoke(app, call)
    assert made.exit_code == 0, made.output
    assert (tmp_path / "knee-diary.toml").exists()
    assert "not taken: total is calculated: write the rule as a scale." in made.output
    again = CliRunner().invoke(app, call)
    assert again.exit_code == 1
    assert "cannot be written (File exists)" in again.output
