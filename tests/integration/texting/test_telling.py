"""Staff are told of urgent alerts at least once, then the next person, until assessed (R10)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from pro_service.domain.study.duty import EntryKind, RotaEntry
from pro_service.messaging.gateway import AmbiguousError
from pro_service.messaging.staff_mail import LetterRefusedError, StaffLetter
from pro_service.services import rounds
from pro_service.services.base.telling import Telling
from pro_service.services.calling import CLAIM_LEASE
from pro_service.services.study import rota, staff, told_at
from pro_service.services.study.staff import make_staff
from pro_service.store.ids import new_id
from pro_service.texts.catalogue import load_texts
from tests.support.command import commands_with
from tests.support.desk import PASSWORD, page, press, sign_in
from tests.support.record.words import places_of
from tests.support.study import ACTOR, SENDER, Trial, open_trial, row
from tests.support.web import browsing

PEOPLE = {"anna": "coordinator", "bo": "investigator", "cai": "investigator"}
WARNING = "my knee is hot and swollen"


class DiedError(BaseException):
    """The process is gone: nothing after this line is written."""


@dataclass
class Mail:
    """Takes letters, or fails as it is told to."""

    letters: list[StaffLetter] = field(default_factory=list)
    faults: list[type[BaseException]] = field(default_factory=list)

    async def send(self, letter: StaffLetter) -> None:
        """Take a letter; what fails afterwards was sent all the same."""
        self.letters.append(letter)
        if self.faults:
            raise self.faults.pop(0)

    @property
    def told(self) -> list[str]:
        """Who was told, in order, by the name before the at sign."""
        return [one.to.partition("@")[0] for one in self.letters]


@dataclass
class Night:
    """A trial with an urgent alert, a rota and a mail server."""

    trial: Trial
    mail: Mail

    async def round(self, *, lease: timedelta = CLAIM_LEASE) -> list[str]:
        """One round of the worker; who was told since the last."""
        before = len(self.mail.told)
        telling = Telling(self.mail, load_texts("notices"))
        trial = self.trial
        await rounds.tell_round(trial.pools.worker, trial.context, telling, lease=lease)
        return self.mail.told[before:]

    async def after(self, minutes: int) -> list[str]:
        """The round some minutes later."""
        await self.trial.move(timedelta(minutes=minutes))
        return await self.round()


@asynccontextmanager
async def night(url: str) -> AsyncIterator[Night]:
    """Anna is on duty around the clock with bo as deputy; cai answers for the whole study."""
    async with open_trial(url) as trial:
        for login, role in PEOPLE.items():
            await make_staff(
                *(trial.operator, trial.study_id),
                login=login,
                password=PASSWORD,
                site=None if login == "cai" else "BJ01",
                role=role,
                language="zh_CN" if login == "bo" else "en",
                actor=ACTOR,
            )
            await told_at.tell_at(
                *(trial.operator, trial.context, trial.study_id),
                login=login,
                email=f"{login}@hospital.example",
                actor=ACTOR,
            )
        site = await rota.find_rota(trial.operator, trial.study_id, "BJ01")
        anna, bo = (next(one for one in site.staff if site.staff[one] == x) for x in ("anna", "bo"))
        around = RotaEntry(
            *(new_id(), EntryKind.shift, frozenset(range(7)), time(0), time(0), anna, bo),
            first_on=date(2026, 1, 1),
            last_on=None,
        )
        await rota.add_entry(trial.operator, trial.study_id, site, around, ACTOR)
        await trial.enrol(row("K-001"))
        await trial.move(timedelta(days=7))
        await trial.happened("K-001")
        await trial.ask()
        await trial.says("K-001", WARNING)
        # Two signs are two alerts, and one matter.
        assert await trial.count("alerts", "severity = 'urgent'") == 2
        yield Night(trial, Mail())


async def test_the_next_person_is_told_until_it_is_assessed(database_url: str) -> None:
    async with night(database_url) as one:
        assert await one.round() == ["anna"]
        assert await one.round() == []
        assert await one.after(15) == ["bo"]
        assert await one.after(30) == ["cai"]
        assert await one.after(29) == []
        assert await one.after(1) == ["anna"]
        await one.trial.owner_does(
            "INSERT INTO pro.alert_assessments (study_id, id, participant_id, alert_id, verdict,"
            " told, assessed_at, actor) SELECT study_id, gen_random_uuid(), participant_id, id,"
            " 'no_ae', 'note:' || gen_random_uuid(), pro.now(), 'test' FROM pro.alerts"
        )
        assert await one.after(600) == []


async def test_a_notice_says_that_there_is_something_urgent_and_nothing_of_whom_or_what(
    database_url: str,
) -> None:
    async with night(database_url) as one:
        await one.round()
        await one.after(15)
        english, chinese = one.mail.letters
        assert english.title == "One urgent matter, site BJ01"
        assert chinese.title == "BJ01 中心有一项紧急事项"
        for letter in one.mail.letters:
            said = f"{letter.title}\n{letter.body}"
            assert f"{one.trial.context.public_url}/desk\n" in said
            words = re.sub(r"https?://\S+", "", said)
            for canary in ("K-001", one.trial.phones["K-001"][-4:], "knee", "swollen", "hot", "膝"):
                assert canary not in words
            assert "7" not in words.replace("30", "").replace("BJ01", "")


@pytest.mark.parametrize("fault", [AmbiguousError, LetterRefusedError, DiedError])
async def test_what_may_not_have_arrived_is_repeated_and_then_goes_to_the_next_person(
    database_url: str, fault: type[BaseException]
) -> None:
    async with night(database_url) as one:
        one.mail.faults = [fault, fault]
        if fault is DiedError:
            # Killed between sending and writing it down: nothing is lost, it is sent again.
            with pytest.raises(DiedError):
                await one.round()
            assert await one.round() == []
            with pytest.raises(DiedError):
                await one.round(lease=timedelta(0))
            assert one.mail.told == ["anna", "anna"]
            assert await one.round(lease=timedelta(0)) == ["bo"]
        else:
            assert await one.round() == ["anna"]
            assert await one.round() == ["anna"]
            assert await one.round() == ["bo"]
        states = "SELECT DISTINCT state FROM pro.notice_steps ORDER BY state"
        found = [state for (state,) in await one.trial.fetch(states)]
        assert "sent" in found
        assert len(found) == (2 if fault is DiedError else 3)


async def test_whoever_gave_a_telephone_is_told_by_text_as_well_where_words_of_ours_may_go(
    database_url: str, owner: asyncpg.Connection
) -> None:
    async with night(database_url) as one:
        trial, theirs = one.trial, "+12025550177"
        whose = (trial.operator, trial.context, trial.study_id)
        for login, phone in (("anna", theirs), ("bo", "138 0013 8000")):
            await told_at.text_at(*whose, login=login, phone=phone, actor=ACTOR)
        with pytest.raises(told_at.NumberError, match="country code: \\+8613100000000"):
            await told_at.text_at(*whose, login="bo", phone="12", actor=ACTOR)
        reached = (await told_at.list_told_at(*whose, "phone")).values()
        assert "+8613800138000" in {told.address for told in reached}
        assert await one.round() == ["anna"]
        (text,) = await trial.provider.texts_of(theirs)
        link = f"{trial.context.public_url}/desk"
        assert text.body == f"One urgent matter, site BJ01. Please sign in: {link}"
        assert text.our_address == SENDER
        # A number for which texts are registered beforehand gets none of ours; the letter goes.
        assert await one.after(15) == ["bo"]
        assert list(await trial.provider.texts_of("+8613800138000")) == []
        # What one way lost and the other brought has arrived, and is told once.
        assert await one.after(30) == ["cai"]
        one.mail.faults = [AmbiguousError]
        assert await one.after(30) == ["anna"]
        assert await one.round() == []
        assert len(await trial.provider.texts_of(theirs)) == 2
        # The number is kept sealed, and given up it is told nothing any more.
        assert "staff_addresses.address_sealed" not in await places_of(owner, [theirs])
        await told_at.text_at(*whose, login="anna", phone=None, actor=ACTOR)
        assert set(await told_at.list_told_at(*whose)) > set(
            await told_at.list_told_at(*whose, "phone")
        )


async def test_two_workers_at_once_tell_each_person_once(database_url: str) -> None:
    async with night(database_url) as one:
        await asyncio.gather(one.round(), one.round())
        assert one.mail.told == ["anna"]
        alerts = "SELECT count(DISTINCT (alert_id, ladder_at, step, staff_id, try)), count(*)"
        assert await one.trial.fetch(f"{alerts} FROM pro.notices") == [(1, 1)]


async def test_whoever_is_stopped_or_has_no_address_is_passed_over(database_url: str) -> None:
    async with night(database_url) as one:
        operator, study_id = one.trial.operator, one.trial.study_id
        await staff.end_membership(operator, study_id, login="anna", reason="left")
        context = one.trial.context
        await told_at.tell_at(operator, context, study_id, login="bo", email=None, actor=ACTOR)
        assert await one.round() == ["cai"]


async def test_taking_it_at_the_desk_holds_the_next_step_back_and_opening_it_does_nothing(
    database_url: str,
) -> None:
    async with night(database_url) as one:
        await one.round()
        async with browsing(one.trial.server) as browser:
            # A mail scanner opens the link: nothing happens, whoever it is.
            assert (await page(browser, "/desk"))[0] == 200
            assert await one.trial.count("alert_takes") == 0
            _, html = await sign_in(browser, "anna")
            assert "anna was told on" in html
            address = re.findall(r'action="(/desk/alerts/[^"]*/taken)"', html)[0]
            status, html = await press(browser, html, address)
            assert status == 200
            assert "You take the alert of K-001." in html
            assert "anna takes this until" in html
            assert await one.after(29) == []
            assert await one.after(1) == ["anna"]
            assert await one.after(15) == ["bo"]
            _, html = await page(browser)
            assert "bo was told on" in html


async def test_an_address_is_kept_sealed_and_a_wrong_one_refused(
    database_url: str, owner: asyncpg.Connection
) -> None:
    async with night(database_url) as one:
        commands = commands_with(database_url, one.trial.context.keys.vault)
        done = await commands.call("staff", "tell-at", "anna", "--email", "an@other.example")
        assert (done.code, done.err) == (0, "")
        refused = await commands.call("staff", "tell-at", "anna", "--email", "no address")
        assert (refused.code, "This is no e-mail address." in refused.err) == (1, True)
        assert (await commands.call("staff", "tell-at", "nobody")).code == 1
        done = await commands.call("staff", "tell-at", "bo", "--phone", "+12025550177")
        assert (done.code, "bo is told of urgent matters by text as well." in done.out) == (0, True)
        refused = await commands.call("staff", "tell-at", "bo", "--phone", "12")
        assert (refused.code, "This is no telephone number." in refused.err) == (1, True)
        assert await one.round() == ["an"]
        assert (await commands.call("staff", "tell-at", "anna")).code == 0
        rows = await owner.fetch("SELECT to_jsonb(a)::text AS row FROM pro.staff_addresses AS a")
        audit = await owner.fetch("SELECT to_jsonb(e)::text AS row FROM pro.audit_entries AS e")
        said = "".join(each["row"] for each in [*rows, *audit])
        assert ("example" in said, "2025550177" in said) == (False, False)


async def digests(one: Night, day: date) -> list[StaffLetter]:
    """The letters of a morning's round, at eight o'clock at the site."""
    trial, before = one.trial, len(one.mail.letters)
    await trial.move(datetime.combine(day, time(8), ZoneInfo("Asia/Shanghai")))
    telling = Telling(one.mail, load_texts("notices"))
    await rounds.digest_round(trial.pools.worker, trial.pools.desk, trial.context, telling)
    return one.mail.letters[before:]


async def test_each_working_morning_the_site_is_sent_todays_numbers_and_nothing_else(
    database_url: str,
) -> None:
    async with night(database_url) as one:
        day = (await one.trial.now()).date() + timedelta(days=1)
        letters = await digests(one, day)
        assert one.mail.told == ["anna", "bo"]  # Not cai, who would have one of every site.
        assert await digests(one, day) == []
        async with browsing(one.trial.server) as browser:
            _, html = await sign_in(browser, "anna")
        tallies = re.findall(r'class="tally[^>]*>([^<]*) <strong>(\d+)<', html)
        said = re.findall(r"^([A-Z].*): (\d+)$", letters[0].body, re.MULTILINE)
        assert ("Alerts", "2") in said
        assert said == [one for one in tallies if one[0] != "Gaps in the rota"]
        for canary in ("K-001", "knee", "swollen"):
            assert canary not in "".join(each.body + each.title for each in letters)
        saturday = day + timedelta(days=(5 - day.weekday()) % 7)
        assert await digests(one, saturday) == []
        one.mail.faults = [AmbiguousError]
        assert len(await digests(one, saturday + timedelta(days=2))) == 2
