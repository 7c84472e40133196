"""Free text: in no file unless it was asked for, by whom the protocol lets (p1), and recorded."""

from __future__ import annotations

import asyncio
import csv
import io
from datetime import date
from pathlib import Path
from typing import Final

from pro_service.domain.delivery.addresses import phone as as_address
from pro_service.domain.delivery.contacts import Agreed
from pro_service.services.base.notes import give_words
from pro_service.services.exports.choosing import FORMATS
from pro_service.services.texting.contacts import Newcomer, add_contact
from pro_service.services.texting.numbers import confirm_by_staff
from pro_service.services.visits import restrict
from pro_service.store.connection import transaction
from pro_service.store.ids import new_id
from tests.integration.exports.opened import opened
from tests.integration.exports.test_at_the_desk import ask, desk_of, fetch, files_of, unpack
from tests.support.command import commands_with
from tests.support.desk import page
from tests.support.study import ACTOR, SENDER, Trial, phone

NOTE, TEXT, QUERY = "her daughter keeps bees", "my cat sits on the knee", "was it the left one"
CANARIES: Final = (NOTE, TEXT, QUERY)
ALLOW: Final = """
ALTER TABLE pro.protocol_versions DISABLE TRIGGER USER;
UPDATE pro.protocol_versions
SET document = jsonb_set(document::jsonb, '{study,free_text_visible_to}', '["data_manager"]')
"""


async def write_words(trial: Trial) -> None:
    """A note, a text in words, and a data query in words, all about K-001."""
    who = trial.participants["K-001"]
    async with transaction(trial.operator) as lent:
        await give_words(lent, trial.context, trial.study_id, who, NOTE)
    await trial.says("K-001", TEXT)
    vault = trial.context.keys.vault
    raised = await commands_with(trial.url, vault).call(
        "data-query", "raise", "K-001", "--reason", QUERY
    )
    assert raised.code == 0, raised.err


async def allow(trial: Trial) -> None:
    """Every version lets free text leave by data managers from now on."""
    await trial.owner_does(ALLOW)
    trial.context.reader._protocols.clear()


async def test_words_leave_by_the_option_and_the_protocol_alone(
    trial: Trial, tmp_path: Path
) -> None:
    await write_words(trial)
    commands = commands_with(trial.url, trial.context.keys.vault)
    every = ("export", "--as", ",".join(FORMATS))

    async def written(folder: str, *words: str) -> dict[str, str]:
        done = await commands.call(*every, "--out", str(tmp_path / folder), *words)
        assert done.code == 0, done.err
        return await asyncio.to_thread(opened, tmp_path / folder)

    without = await written("without")
    assert not [(name, one) for name, text in without.items() for one in CANARIES if one in text]
    for words, said in (
        (("--free-text",), "study.free_text_visible_to"),
        (("--tables", "words,items"), "Add --free-text"),
    ):
        refused = await commands.call(*every, "--out", str(tmp_path / "refused"), *words)
        assert (refused.code, said in refused.err) == (1, True), refused
    assert not (tmp_path / "refused").exists()

    await allow(trial)
    found = await written("with", "--free-text")
    for name in (
        "words.csv",
        "export.xlsx",
        "words.sav",
        "words.dta",
        "words.parquet",
        "words.xpt",
    ):
        assert all(one in found[name] for one in CANARIES), name
    rows = list(csv.DictReader(io.StringIO(found["words.csv"].removeprefix("\ufeff"))))
    told = {
        row["said"]: (row["about"], row["by_participant"], row["missing_reason"]) for row in rows
    }
    assert told[NOTE] == ("other", "no", "")
    assert told[TEXT] == ("text", "yes", "")
    assert told[QUERY] == ("data_query", "no", "")
    assert {row["participant"] for row in rows} == {"K-001"}
    narrowed = await trial.fetch("SELECT narrowed_by, tables FROM data_out ORDER BY id")
    assert ["words" in tables for _, tables in narrowed] == [False, True]
    assert [words for words, _ in narrowed] == ["", "free_text=yes"]

    await trial.owner_does("DELETE FROM pro.data_keys WHERE participant_id IS NOT NULL")
    erased = await written("erased", "--as", "csv", "--free-text")
    assert not [one for one in CANARIES if one in erased["words.csv"]]
    assert ",erased," in erased["words.csv"]


async def test_whose_words_they_are_is_told_and_why_somebody_was_unblinded_is_not(
    trial: Trial, tmp_path: Path
) -> None:
    who, vault = trial.who("K-001"), trial.context.keys.vault
    hers, own, why, day = phone(78), "I meant the other knee", "the active arm", date(2026, 1, 3)
    agreed = Agreed(may_be_texted=True, may_be_told=True, agreed_on=day)
    newcomer = Newcomer(as_address(hers), "child", agreed, participant_agreed_on=day)
    place = await add_contact(who, newcomer, ACTOR, "reads for her")
    await confirm_by_staff(who, ACTOR, "rang her", which=place)
    await trial.provider.phone_sends(hers, SENDER, NOTE)
    await trial.says("K-001", TEXT)
    noted = trial.participants["K-001"]
    async with transaction(trial.operator) as lent:
        await lent.execute("SELECT set_config('pro.actor', 'participant:K-001', true)")
        await give_words(lent, trial.context, trial.study_id, noted, own)
    async with transaction(trial.operator) as lent:
        said = await give_words(lent, trial.context, trial.study_id, noted, why)
    await trial.owner_does(
        "INSERT INTO pro.unblindings (study_id, id, participant_id, reason, actor)"
        " VALUES ($1, $2, $3, $4, 'staff:ivan')",
        *(trial.study_id, new_id(), noted, said.reference),
    )
    await allow(trial)
    commands = commands_with(trial.url, vault)
    done = await commands.call("export", "--csv", str(tmp_path / "out"), "--free-text")
    assert done.code == 0, done.err
    found = await asyncio.to_thread(opened, tmp_path / "out")
    rows = list(csv.DictReader(io.StringIO(found["words.csv"].removeprefix("\ufeff"))))
    told = {row["said"]: row["by_participant"] for row in rows}
    assert {one: told[one] for one in (NOTE, TEXT, own)} == {NOTE: "no", TEXT: "yes", own: "yes"}
    assert not [name for name, text in found.items() if why in text]


async def test_words_of_the_restricted_stay_and_their_rows_say_why(
    trial: Trial, tmp_path: Path
) -> None:
    await write_words(trial)
    await allow(trial)
    await restrict(trial.who("K-001"), actor=ACTOR, reason="at their wish")
    commands = commands_with(trial.url, trial.context.keys.vault)
    done = await commands.call("export", "--csv", str(tmp_path / "out"), "--free-text")
    assert done.code == 0, done.err
    found = await asyncio.to_thread(opened, tmp_path / "out")
    assert not [one for one in CANARIES if any(one in text for text in found.values())]
    rows = list(csv.DictReader(io.StringIO(found["words.csv"].removeprefix("\ufeff"))))
    assert {(row["said"], row["missing_reason"]) for row in rows} == {("", "restricted")}
    assert "K-001" in found["visits.csv"], "what is analysed stays"


async def test_at_the_desk_it_is_ticked_by_whom_the_protocol_names(
    trial: Trial, tmp_path: Path
) -> None:
    await write_words(trial)
    async with desk_of(trial) as desk:
        dora, mona = await desk.enters("dora"), await desk.enters("mona")
        status, _ = await ask(dora, ["words", "visits"], ["csv"])
        assert status == 422
        await allow(trial)
        _, html = await page(dora, "/desk/exports")
        box = html.split('value="words"')[1].split(">")[0]
        assert ("checked" in box, 'aria-describedby="words-hint"' in box) == (False, True)
        _, html = await page(mona, "/desk/exports")
        assert 'value="words"' not in html
        assert (await ask(mona, ["words", "visits"], ["csv"]))[0] == 422
        assert (await ask(dora, ["words", "visits"], ["csv"]))[0] == 200
        assert await desk.work() == 1
        content = await fetch(dora, (await files_of(dora))[0])
        found = await asyncio.to_thread(unpack, content, tmp_path / "out")
        assert all(one in found["words.csv"] for one in CANARIES)
        asked = await trial.fetch("SELECT narrowed_by FROM data_out WHERE what = 'export'")
        assert asked == [("tables=visits,words&free_text=yes&sites=BJ01",)]
