"""One participant enrolled by a form: the file's rules, looked at first, and then the card."""

from __future__ import annotations

import aiohttp

from pro_service.services.study import add_staff
from pro_service.services.texting.composing import open_address
from pro_service.store.pools import connect
from tests.integration.desk.person.sheets import fill as fill_sheet
from tests.integration.desk.person.sheets import problem, said, send
from tests.support.desk import page
from tests.support.record.words import places_of
from tests.support.study import ACTOR, SENDER, Trial, add_site, phone, row

ENROL = "/desk/enrol"


async def fill(desk: aiohttp.ClientSession, code: str, **cells: str) -> tuple[int, str]:
    """Fill in the form as a row of the file, and send it."""
    status, html = await page(desk, ENROL)
    assert status == 200
    return await send(desk, html, ENROL, row(code, **cells))


async def written(trial: Trial, code: str) -> dict[str, object]:
    """What enrolment leaves of somebody, without ids, keys and who did it."""
    facts = await trial.facts(code)
    return {
        "consent": facts.consent,
        "statuses": [one.status for one in facts.statuses],
        "events": [(one.kind, one.planned_on, one.occurred_at) for one in facts.events],
        "visits": sorted((one.definition, one.opens_at, one.target_on) for one in facts.visits),
        "asked": sorted(
            (visit.definition, one.instrument, one.target)
            for visit in facts.visits
            for one in visit.assessments
        ),
        "nudges": sorted(one.due_at for visit in facts.visits for one in visit.reminders),
        "rest": (facts.language, facts.zone, facts.channel, facts.treated_knees, facts.site.code),
    }


async def known(trial: Trial, *codes: str) -> None:
    """Let the trial know who was enrolled at the desk."""
    for code in codes:
        trial.participants[code] = await trial.fetchval(
            "SELECT id FROM participants WHERE code = $1", code
        )
        trial.phones[code] = row(code)["phone"]


async def test_the_form_shows_dates_and_first_text_and_then_writes_what_the_file_writes(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    # A zone that is not said is the site's.
    status, html = await fill(desk, "K-101", zone="")
    assert status == 200, problem(html)
    for words in ("Nobody is enrolled yet", "Before the injection", "Month 12", "··· ··01"):
        assert words in html, words
    assert phone(101) not in html.partition("<form method")[0]
    assert await trial.count("participants", "code = 'K-101'") == 0
    status, html = await send(desk, html, ENROL, {"step": "do"})
    assert (status, said(html)) == (
        200,
        "K-101 is enrolled. Show the card, print it, and hand it over.",
    )
    await trial.enrol(row("K-102"))
    await known(trial, "K-101")
    assert await written(trial, "K-101") == await written(trial, "K-102")
    for table in ("participants", "participant_sites", "contact_points", "visits", "cards"):
        assert await trial.count(table, "actor = 'staff:anna'") > 0, table
    owner = await connect(trial.url, role="pro_owner", actor="test:owner")
    assert await places_of(owner, [phone(101)]) == {}
    await owner.close()
    _, html = await page(desk, "/desk/participants/K-101")
    assert "··· ··01" in html
    await trial.ask()
    assert len(await trial.texts("K-101")) == 1


async def test_to_whom_no_text_goes_none_is_announced(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    _, agreed = await fill(desk, "K-101")
    status, html = await fill(desk, "K-101", messaging_consent="no")
    assert status == 200, problem(html)
    words = "How the first text begins"
    assert (words in agreed, words in html) == (True, False)
    assert ("no consent to texts" in agreed, "no consent to texts" in html) == (False, True)


async def test_a_zone_not_said_is_that_of_the_site_that_is_chosen_last(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    study = (trial.operator, trial.study_id)
    await add_site(*study, "XJ01", sender="+12025550155", at="Asia/Urumqi")
    there = {"site_code": "XJ01", "role": "coordinator", "language": "en", "actor": ACTOR}
    await add_staff(trial.operator, trial.study_id, login="anna", **there)
    _, html = await fill(desk, "K-101", zone="", site="BJ01")
    _, html = await send(desk, html, ENROL, {"step": "edit"})
    again = {name: cell for name, cell in row("K-101").items() if name != "zone"}
    _, html = await send(desk, html, ENROL, again | {"site": "XJ01"})
    status, html = await send(desk, html, ENROL, {"step": "do"})
    assert status == 200, problem(html)
    sql = "SELECT zone FROM participants WHERE code = 'K-101'"
    assert await trial.fetchval(sql) == "Asia/Urumqi"


async def test_a_second_copy_of_the_form_enrols_nobody_else(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    _, html = await fill(desk, "K-101")
    for _ in range(2):
        status, after = await send(desk, html, ENROL, {"step": "do"})
        assert (status, said(after)[:5]) == (200, "K-101")
    assert await trial.count("participants", "code = 'K-101'") == 1
    status, html = await fill(desk, "K-101")
    assert (status, "This code is enrolled already" in problem(html)) == (422, True)


async def test_another_number_under_the_same_key_is_refused_and_not_dropped(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    _, html = await fill(desk, "K-101")
    await send(desk, html, ENROL, {"step": "do"})
    other = phone(177)
    status, after = await send(desk, html, ENROL, {"step": "do", "phone": other})
    assert (status, "sent before with other content" in problem(after)) == (422, True), said(after)
    assert f'value="{other}"' in after
    assert await trial.count("contact_points", "actor = 'staff:anna'") == 1


async def test_year_of_birth_and_version_are_those_of_an_adult_and_of_a_form(
    desk: aiohttp.ClientSession,
) -> None:
    for cell, value, words in (
        ("year_of_birth", "2015", "between 18 and 120"),
        ("year_of_birth", "1901", "between 18 and 120"),
        ("consent_version", "<script>alert(1)</script>", "no version of a consent form"),
        ("consent_version", "1" * 41, "no version of a consent form"),
    ):
        status, html = await fill(desk, "K-101", **{cell: value})
        assert (status, words in problem(html)) == (422, True), (value, problem(html))
    for version in ("1.0", "2026-03 B", "V3（北京）", "ICF v2, 1 March 2026"):
        status, html = await fill(desk, "K-101", consent_version=version, year_of_birth="1958")
        assert status == 200, problem(html)


async def test_every_mistake_is_said_at_once_and_what_was_typed_stays(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    cells = {"phone": "12", "consent_on": "2026-02-01", "zone": "EST", "treated_knees": ""}
    status, html = await fill(desk, "K 0*", **cells)
    assert status == 422
    for words in (
        "does not have the form codes have",
        "not a telephone number of a participant",
        "lies in the future",
        "no time zone of a place",
        "Please fill this in",
    ):
        assert words in problem(html), words
    assert 'value="K 0*"' in html
    assert 'value="EST"' in html
    for number, words in (
        ("1.2E+10", "Write it as +8613100000000."),
        (SENDER, "This is a number of the service"),
    ):
        status, html = await fill(desk, "K-101", phone=number)
        assert (status, words in problem(html)) == (422, True), problem(html)
    _, html = await page(desk, f"{ENROL}")
    async with desk.post("/desk/language", data={"language": "zh_CN", "back": ENROL}):
        pass
    status, html = await fill(desk, "K 0*", **cells)
    assert "编号不符合本研究的格式" in problem(html)


async def test_another_sites_people_are_neither_named_nor_enrolled(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    status, html = await fill(desk, "K-101", site="SH02")
    assert (status, "no site at which you enrol" in problem(html)) == (422, True)
    status, html = await fill(desk, "k-500")
    assert (status, "somebody at another site" in problem(html)) == (422, True)
    assert "K-500" not in html
    status, html = await fill(desk, "K-101", phone=phone(500))
    assert status == 200
    assert "the same number as somebody at another site" in html
    assert "K-500" not in html


async def test_an_unusual_day_needs_a_reason_and_the_reason_is_sealed(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    past = {"planned_injection_on": "2025-11-20", "consent_on": "2025-11-01"}
    status, html = await fill(desk, "K-101", **past)
    assert (status, "passed over a month ago" in problem(html)) == (422, True)
    status, html = await fill(desk, "K-101", **past, reason="Stood on paper for weeks")
    assert status == 200, problem(html)
    await send(desk, html, ENROL, {"step": "do"})
    assert await trial.count("notes", "actor = 'staff:anna'") == 1


async def test_who_only_reads_does_not_enrol(monitor: aiohttp.ClientSession) -> None:
    status, _ = await page(monitor, ENROL)
    assert status == 403


async def test_a_number_is_read_and_asked_for_as_the_country_of_the_site_writes_it(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    _, html = await page(desk, ENROL)
    assert "country code, as +8613100000000." in html
    status, html = await fill(desk, "K-101", phone="138 0000 0000")
    assert (status, "+86 ··· ··00" in html) == (200, True), problem(html)
    for typed, says in (
        ("15012000000", "may be a number of two countries. Write + and the country code"),
        ("0202 555", "with its country code. Write it as +8613100000000."),
    ):
        status, html = await fill(desk, "K-101", phone=typed)
        assert (status, says in problem(html)) == (422, True), problem(html)
    filled = {"contact": "1", "said": "waiting", "reason": "Another one"}
    for typed, says in (("15012000000", "of two countries"), ("12", "as +8613100000000.")):
        status, html = await fill_sheet(desk, "new-number", number=typed, **filled)
        assert (status, says in problem(html)) == (422, True), problem(html)
        assert "country code, as +8613100000000." in html
    status, html = await fill_sheet(desk, "new-number", number="13800000000", **filled)
    assert (status, said(html) != "") == (200, True), problem(html)
    facts = await trial.facts("K-001")
    assert open_address(trial.context, facts.reach.each[0][0]) == "+8613800000000"
