"""Staff, a second site, and what the desk shows: rows for its tests."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import aiohttp
import asyncpg

from pro_service.domain.delivery.addresses import phone
from pro_service.services.study.staff import make_staff
from pro_service.store.ids import new_id
from pro_service.store.study import studies
from pro_service.store.study.studies import KeyRow, SiteRow, StudyRow
from tests.support.forms import form_to
from tests.support.seed import ACTOR, SeededParticipant, SeededStudy

PASSWORD = "four plain words here"


async def seed_staff(
    study: SeededStudy,
    login: str = "anna",
    *,
    site: str | None = "S1",
    role: str = "coordinator",
    language: str = "en",
) -> None:
    """A member of staff who can sign in."""
    await make_staff(
        study.owner,
        study.id,
        login=login,
        password=PASSWORD,
        site=site,
        role=role,
        language="zh_CN" if language == "zh_CN" else "en",
        actor=ACTOR,
    )


async def seed_site(study: SeededStudy, code: str = "S2", zone: str = "Asia/Shanghai") -> UUID:
    """A further site."""
    site = SiteRow(new_id(), code, f"Site {code}", zone, "CN", "+1 202 555 0144", "120")
    await studies.insert_site(study.owner, study.id, site, ACTOR)
    return site.id


async def other_study(study: SeededStudy) -> UUID:
    """A second study in the same database, OTHER, with a site and nobody in it."""
    owner, context, other = study.owner, study.context, new_id()
    await studies.insert_study(owner, StudyRow(other, "OTHER", "Other trial", "Other team"), ACTOR)
    key = context.keys.vault.new_data_key()
    await studies.insert_study_key(owner, other, KeyRow(key.id, key.wrapped, key.wrapping_key))
    site = SiteRow(new_id(), "B1", "Site B1", "Europe/London", "GB", "+1 202 555 0145", "999")
    await studies.insert_site(owner, other, site, ACTOR)
    return other


async def move_to_site(participant: SeededParticipant, site_id: UUID) -> None:
    """The participant has always been at this site."""
    study = participant.study
    async with study.owner.transaction():
        await study.owner.execute("SELECT set_config('pro.reason', 'moved by the test', true)")
        await study.owner.execute(
            "UPDATE pro.participant_sites SET site_id = $3"
            " WHERE study_id = $1 AND participant_id = $2",
            study.id,
            participant.id,
            site_id,
        )


async def leave_for_site(participant: SeededParticipant, site_id: UUID) -> None:
    """The participant goes to this site now (study time)."""
    study = participant.study
    async with study.owner.transaction():
        await study.owner.execute("SELECT set_config('pro.reason', 'moved by the test', true)")
        await study.owner.execute(
            "UPDATE pro.participant_sites SET valid_to = pro.now()"
            " WHERE study_id = $1 AND participant_id = $2 AND valid_to IS NULL",
            study.id,
            participant.id,
        )
        await study.owner.execute(
            "INSERT INTO pro.participant_sites"
            " (study_id, id, participant_id, site_id, valid_from, actor)"
            " VALUES ($1, $2, $3, $4, pro.now(), $5)",
            study.id,
            new_id(),
            participant.id,
            site_id,
            ACTOR,
        )


async def seed_call(participant: SeededParticipant, definition: str = "baseline") -> UUID:
    """An open call task for a visit."""
    call_id = new_id()
    study = participant.study
    await study.owner.execute(
        "INSERT INTO pro.call_tasks (study_id, id, participant_id, visit_id, reason, closes_at,"
        " created_at, actor)"
        " VALUES ($1, $2, $3, $4, 'nudges_unanswered', pro.now() + interval '2 days', pro.now(),"
        " $5)",
        study.id,
        call_id,
        participant.id,
        participant.visits[definition],
        ACTOR,
    )
    return call_id


async def seed_entry(participant: SeededParticipant, assessment: UUID) -> None:
    """A sitting somebody began to type."""
    await participant.study.owner.execute(
        "INSERT INTO pro.attempts (study_id, id, participant_id, assessment_id, ordinal, mode,"
        " respondent, authentication, language, release, instrument_sha256, wording_sha256,"
        " started_at, actor) VALUES ($1, $2, $3, $4, 1, 'telephone', 'self', 'staff', 'en', 'test',"
        " 'x', 'x', pro.now(), $5)",
        participant.study.id,
        new_id(),
        participant.id,
        assessment,
        ACTOR,
    )


async def seed_alert(participant: SeededParticipant, assessment_id: UUID) -> UUID:
    """An urgent alert on an assessment."""
    alert_id = new_id()
    study = participant.study
    await study.owner.execute(
        "INSERT INTO pro.alerts (study_id, id, participant_id, assessment_id, rule, severity,"
        " raised_at, actor) VALUES ($1, $2, $3, $4, 'severe_pain', 'urgent', pro.now(), $5)",
        study.id,
        alert_id,
        participant.id,
        assessment_id,
        ACTOR,
    )
    return alert_id


async def seed_line(
    participant: SeededParticipant,
    number: str = "+12025550143",
    *,
    place: int = 1,
    whose: str = "self",
    texts: bool | None = None,
) -> UUID:
    """A number of the participant's, or of somebody else who agreed to texts or not; its line."""
    study, vault = participant.study, participant.study.context.keys.vault
    key = await study.owner.fetchval(
        "SELECT id FROM pro.data_keys WHERE study_id = $1 AND participant_id = $2",
        study.id,
        participant.id,
    )
    contact_id, line_id, sender_id = new_id(), new_id(), new_id()
    index = vault.blind_index(phone(number))
    sealed = vault.seal(
        number, data_key=key, table="contact_points", column="address", row_id=contact_id
    )
    await study.owner.execute(
        "INSERT INTO pro.contact_points (study_id, id, participant_id, kind, address_sealed,"
        " address_key, blind_index, index_key, valid_from, actor, ordinal, whose, may_be_texted,"
        " may_be_told, agreed_on) VALUES ($1, $2, $3, 'phone', $4, $5, $6, $7, pro.now(), $8, $9,"
        " $10, $11, $11, CASE WHEN $11 THEN date '2026-01-05' END)",
        study.id,
        contact_id,
        participant.id,
        sealed.ciphertext,
        sealed.key,
        index,
        vault.index_key_id,
        ACTOR,
        place,
        whose,
        texts,
    )
    await study.owner.execute(
        "INSERT INTO pro.senders (study_id, id, channel, provider, address, actor)"
        " VALUES ($1, $2, 'sms', 'simulator', $3, $4) ON CONFLICT DO NOTHING",
        study.id,
        sender_id,
        "+12025550100",
        ACTOR,
    )
    found: UUID = await study.owner.fetchval(
        "INSERT INTO pro.lines (study_id, id, sender_id, their_index, their_address_sealed,"
        " their_address_key, actor)"
        " SELECT $1, $2, s.id, $3, $4, $5, $6 FROM pro.senders AS s"
        " WHERE s.study_id = $1 AND s.address = '+12025550100'"
        " ON CONFLICT (study_id, sender_id, their_index) DO UPDATE SET actor = excluded.actor"
        " RETURNING id",
        study.id,
        line_id,
        index,
        sealed.ciphertext,
        sealed.key,
        ACTOR,
    )
    return found


async def seed_text(
    participant: SeededParticipant,
    line_id: UUID,
    body: str,
    *,
    disposition: str = "needs_reading",
    named: bool = True,
) -> UUID:
    """A text that came in; unless `named`, from somebody who uses the line, not known who."""
    study, inbound_id = participant.study, new_id()
    key = await study.owner.fetchval(
        "SELECT id FROM pro.data_keys WHERE study_id = $1 AND participant_id = $2",
        study.id,
        participant.id,
    )
    sealed = study.context.keys.vault.seal(
        body, data_key=key, table="inbounds", column="body", row_id=inbound_id
    )
    await study.owner.execute(
        "INSERT INTO pro.inbounds (study_id, id, line_id, participant_id, provider, provider_id,"
        " body_sealed, body_key, disposition, received_at, actor)"
        " VALUES ($1, $2, $3, $4, 'simulator', $5, $6, $7, $8, pro.now(), $9)",
        study.id,
        inbound_id,
        line_id,
        participant.id if named else None,
        str(inbound_id),
        sealed.ciphertext,
        sealed.key,
        disposition,
        ACTOR,
    )
    return inbound_id


async def seed_opt_out(participant: SeededParticipant, line_id: UUID) -> None:
    """The line asked for no more texts."""
    await participant.study.owner.execute(
        "INSERT INTO pro.opt_outs (study_id, id, line_id, participant_id, started_at, reason,"
        " actor) VALUES ($1, $2, $3, $4, pro.now(), 'said so by text', 'provider:simulator')",
        participant.study.id,
        new_id(),
        line_id,
        participant.id,
    )


async def seed_message(participant: SeededParticipant, line_id: UUID, state: str) -> None:
    """A message we wrote."""
    await participant.study.owner.execute(
        "INSERT INTO pro.messages (study_id, id, participant_id, line_id, kind, template, language,"
        " body_sealed, body_key, encoding, segments, state, provider, claimed_at, actor)"
        " VALUES ($1, $2, $3, $4, 'reminder', 'reminder.link', 'en', '\\x00', 'A256GCM:none',"
        " 'GSM-7', 1, $5, 'simulator', pro.now(), $6)",
        participant.study.id,
        new_id(),
        participant.id,
        line_id,
        state,
        ACTOR,
    )


async def sign_in(
    browser: aiohttp.ClientSession, login: str = "anna", password: str = PASSWORD
) -> tuple[int, str]:
    """Sign in through the page; status and text of what follows."""
    async with browser.post("/desk/sign-in", data={"login": login, "password": password}) as answer:
        return answer.status, await answer.text()


async def page(browser: aiohttp.ClientSession, path: str = "/desk") -> tuple[int, str]:
    """A page as it is shown."""
    async with browser.get(path) as answer:
        return answer.status, await answer.text()


async def press(
    browser: aiohttp.ClientSession, html: str, address: str, /, **filled: str
) -> tuple[int, str]:
    """Send the page's form that goes to `address`, with some fields filled in."""
    form = form_to(html, address)
    kept = {name: value for name, value in form.fields if name not in filled}
    data = aiohttp.FormData(kept | filled, default_to_multipart=form.multipart)
    async with browser.post(address, data=data) as answer:
        return answer.status, await answer.text()


async def close_call(
    browser: aiohttp.ClientSession, call: UUID, outcome: str, note: str = "rang", **filled: str
) -> tuple[int, str]:
    """Close a call by the form of its own page; the status and the page that follow."""
    _, html = await page(browser, f"/desk/calls/{call}")
    path = f"/desk/calls/{call}/close"
    return await press(browser, html, path, outcome=outcome, note=note, **filled)


async def age_session(owner: asyncpg.Connection, *, seen: timedelta, started: timedelta) -> None:
    """Every session began and was last used this long ago."""
    await owner.execute(
        "UPDATE pro.staff_sessions SET last_seen_at = clock_timestamp() - $1::interval,"
        " started_at = clock_timestamp() - $2::interval",
        seen,
        started,
    )
