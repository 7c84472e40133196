"""Wording packs: what fits, what is told, and what changes when one is used."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pro_service.catalog.instrument_files import load_instruments
from pro_service.catalog.wording_files import WordingFileError, load_wording_file
from pro_service.cli.main import app
from pro_service.domain.conversation.reply import understand
from pro_service.domain.instruments.scoring import score
from pro_service.domain.instruments.wording import instrument_with_wording
from tests.support.packs import load_nonsense, nonsense, write_pack
from tests.support.seed import make_context

INSTRUMENTS = load_instruments()
LK = INSTRUMENTS["womac-lk-3.1"]

TOML = """
instrument = "womac-nrs-3.1"
version = "3.1"
language = "zh_CN"
licence = "Nonsense licence 7 of 2026"

[every_item]
low_anchor = "布罗普"
high_anchor = "布罗普布罗普"

[items]
"""


def mistakes(folder: Path, document: dict[str, Any]) -> tuple[str, ...]:
    with pytest.raises(WordingFileError) as caught:
        load_wording_file(write_pack(folder, document), INSTRUMENTS)
    assert "flurb" not in str(caught.value)
    return caught.value.mistakes


def test_a_pack_changes_the_words_of_its_language_and_nothing_else(tmp_path: Path) -> None:
    worded = instrument_with_wording(LK, load_nonsense(tmp_path).wording)
    assert worded.item("pain_1").label["en"] == "Does blorp 1 flurb?"
    assert worded.recall["en"] == "since the last flurb"
    assert worded.item("pain_1").choices[2].label["en"] == "wugglegle"
    assert (worded.item("pain_1").low_anchor["en"], worded.item("pain_1").high_anchor["en"]) == (
        "wug",
        "wug" + "gle" * 4,
    )
    assert worded.item("pain_1").label["zh_CN"] == LK.item("pain_1").label["zh_CN"]
    assert [item.code for item in worded.items] == [item.code for item in LK.items]
    assert (worded.scales, worded.total) == (LK.scales, LK.total)
    answers = {item.code: 3 for item in LK.items}
    assert score(worded, answers) == score(LK, answers)


def test_a_reply_in_the_pack_s_choice_words_is_understood(tmp_path: Path) -> None:
    worded = instrument_with_wording(LK, load_nonsense(tmp_path).wording)
    assert understand(worded.item("pain_1"), "Wuggle.").value == 1


def test_a_neutral_word_that_now_names_another_choice_means_that_one(tmp_path: Path) -> None:
    document = nonsense()
    for item in document["items"].values():
        item["choices"]["3"] = "a little"
    pack = load_wording_file(write_pack(tmp_path, document), INSTRUMENTS)
    worded = instrument_with_wording(LK, pack.wording)
    assert understand(LK.item("pain_1"), "a little").value == 1
    assert understand(worded.item("pain_1"), "a little").value == 3


def test_toml_packs_may_say_anchors_once_for_all_items(tmp_path: Path) -> None:
    codes = [item.code for item in INSTRUMENTS["womac-nrs-3.1"].items]
    path = tmp_path / "pack.toml"
    path.write_text(TOML + "\n".join(f'{code} = {{ text = "胡言 {code}" }}' for code in codes))
    wording = load_wording_file(path, INSTRUMENTS).wording
    assert wording.items["function_17"].high_anchor == "布罗普布罗普"
    worded = instrument_with_wording(INSTRUMENTS["womac-nrs-3.1"], wording)
    assert worded.item("pain_2").label["zh_CN"] == "胡言 pain_2"


def change(place: str, value: Any) -> Callable[[dict[str, Any]], None]:
    """Set the value at a dotted place; None takes the key away."""

    def apply(document: dict[str, Any]) -> None:
        *way, last = place.split(".")
        for step in way:
            document = document[step]
        if value is None:
            del document[last]
        else:
            document[last] = value

    return apply


@pytest.mark.parametrize(
    ("apply", "said"),
    [
        (change("instrument", "womac-lk-9"), "instrument: is not known"),
        (change("version", "3.0"), "version: is 3.0; womac-lk-3.1 here is 3.1"),
        (change("language", "fr"), "language: "),
        (change("licence", " "), "licence: is empty"),
        (change("licence", None), "licence: is missing"),
        (change("colour", "red"), "colour: is not a key of a wording pack"),
        (change("items.pain_1", None), "items.pain_1: is missing; every item"),
        (change("items.pain_6", {"text": "x"}), "items.pain_6: is no item of womac-lk-3.1"),
        (change("items.pain_1.text", ""), "items.pain_1.text: is empty"),
        (change("items.pain_1.text", "a\nb"), "items.pain_1.text: has a line break"),
        (change("items.pain_1.text", "x" * 1001), "items.pain_1.text: is longer than 1000"),
        (change("items.pain_1.low_anchor", "x"), "items.pain_1: give both low_anchor and"),
        (change("items.pain_1.choices.4", None), "items.pain_1.choices: must be 0, 1, 2, 3, 4"),
        (change("items.pain_1.choices.5", "x"), "items.pain_1.choices: must be 0, 1, 2, 3, 4"),
        (change("items.pain_1.choices.x", "x"), "items.pain_1.choices.x: "),
        (change("items.pain_1.choices.2", "WUG"), "items.pain_1.choices.2: stands twice"),
        (change("items.pain_1.choices.2", "Stop"), "items.pain_1.choices.2: carriers act on"),
        (change("items.pain_1.choices.2", "7"), "items.pain_1.choices.2: must not be a number"),
    ],
)
def test_a_mistake_in_a_pack_is_named_by_its_key(
    tmp_path: Path, apply: Callable[[dict[str, Any]], None], said: str
) -> None:
    document = nonsense()
    apply(document)
    found = mistakes(tmp_path, document)
    assert any(line.startswith(said) for line in found), found


def test_choices_for_an_item_that_has_none_are_refused(tmp_path: Path) -> None:
    document = nonsense("pain-nrs")
    document["items"]["pain"]["choices"] = {"0": "wug"}
    assert mistakes(tmp_path, document)[0].startswith("items.pain.choices: this item has none")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("pack.json", b"{", "is not JSON"),
        ("pack.json", b"[]", "must be a table"),
        ("pack.toml", b"x = ", "is not TOML"),
        ("pack.toml", b"\xff", "is not UTF-8"),
    ],
)
def test_a_file_that_is_no_pack_is_told_why(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(WordingFileError, match=said):
        load_wording_file(tmp_path / name, INSTRUMENTS)


def test_check_names_the_hash_and_quotes_nothing_of_the_pack(tmp_path: Path) -> None:
    path = write_pack(tmp_path, nonsense())
    result = CliRunner().invoke(app, ["wording", "check", str(path)])
    assert result.exit_code == 0
    assert load_wording_file(path, INSTRUMENTS).content_sha256 in result.stdout
    assert "blorp" not in result.stdout.casefold()


def test_check_of_a_wrong_pack_fails_with_every_mistake(tmp_path: Path) -> None:
    document = nonsense()
    change("items.pain_1", None)(document)
    change("items.pain_2.text", "")(document)
    path = write_pack(tmp_path, document)
    result = CliRunner().invoke(app, ["wording", "check", str(path)])
    assert result.exit_code == 1
    assert "items.pain_1" in result.stderr
    assert "items.pain_2.text" in result.stderr


def test_hash_is_of_the_content_and_not_of_the_file(tmp_path: Path) -> None:
    pack = load_nonsense(tmp_path)
    turned = dict(reversed(list(nonsense().items())))
    again = load_wording_file(write_pack(tmp_path, turned), INSTRUMENTS)
    other = load_nonsense(tmp_path, licence="Another licence")
    assert again.content_sha256 == pack.content_sha256
    assert other.content_sha256 != pack.content_sha256


def test_a_key_an_older_pack_lacks_changes_no_hash(tmp_path: Path) -> None:
    pack = load_nonsense(tmp_path)
    plain = pack.wording.model_dump(mode="json")
    for item in plain["items"].values():
        del item["low_said"], item["high_said"]
    canonical = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert pack.content_sha256 == hashlib.sha256(canonical.encode()).hexdigest()


def test_t6_a_pack_may_say_how_people_reply_an_anchor(tmp_path: Path) -> None:
    document = nonsense()
    document["items"]["pain_1"]["low_said"] = ["wugless", "without any wug"]
    pack = load_wording_file(write_pack(tmp_path, document), INSTRUMENTS)
    item = instrument_with_wording(LK, pack.wording).item("pain_1")
    assert understand(item, "Wugless.").value == 0
    assert understand(item, "no pain").value is None  # The pack's list stands in place of ours.
    assert understand(item, "不疼").value == 0  # In the pack's language alone.
    document["items"]["pain_1"]["low_said"] = ["stop", " "]
    found = mistakes(tmp_path, document)
    assert [line.split(":")[0] for line in found] == ["items.pain_1.low_said"] * 2


def test_context_knows_whose_words_are_shown(tmp_path: Path) -> None:
    context = make_context()
    bare = context.catalogue.instrument_sha256("womac-lk-3.1")
    assert context.catalogue.instruments["womac-lk-3.1"].lacks_wording("en")
    assert not context.catalogue.instruments["pain-nrs"].lacks_wording("en")
    assert context.catalogue.wording_sha256("womac-lk-3.1", "en") == bare
    pack = load_nonsense(tmp_path)
    context.catalogue.use_wordings([pack])
    assert not context.catalogue.instruments["womac-lk-3.1"].lacks_wording("en")
    assert context.catalogue.instruments["womac-lk-3.1"].lacks_wording("zh_CN")
    assert context.catalogue.instrument_sha256("womac-lk-3.1") == bare
    assert context.catalogue.wording_sha256("womac-lk-3.1", "en") == pack.content_sha256
    assert context.catalogue.wording_sha256("womac-lk-3.1", "zh_CN") == bare
    assert (
        context.catalogue.instruments["womac-lk-3.1"]
        .item("pain_1")
        .label["en"]
        .startswith("Does blorp")
    )
    context.catalogue.use_wordings([])
    assert context.catalogue.instruments["womac-lk-3.1"] == LK


def test_a_stored_pack_that_no_longer_fits_its_instrument_is_not_shown(tmp_path: Path) -> None:
    context = make_context()
    pack = load_nonsense(tmp_path)
    stale = pack._replace(wording=pack.wording.model_copy(update={"version": "3.0"}))
    context.catalogue.use_wordings([stale])
    assert context.catalogue.instruments["womac-lk-3.1"].lacks_wording("en")
