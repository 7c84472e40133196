"""The page of a letter: an address proven, letters stopped, in both languages, without scripts."""

from __future__ import annotations

import pytest
from playwright.async_api import expect
from pydantic import SecretStr

from pro_service.domain.delivery.addresses import read_address
from pro_service.domain.delivery.contacts import Agreed
from pro_service.messaging.email.gateway import EmailGateway
from pro_service.messaging.gateways import Gateways
from pro_service.messaging.smtp.transport import MailServer
from pro_service.services.study.senders import NewSender, add_sender
from pro_service.services.texting.channels.outbound import letter_page
from pro_service.services.texting.contacts import Newcomer, add_contact
from pro_service.services.texting.proving.letters import send_proof
from tests.browser.conftest import OpenWindow
from tests.support.study import ACTOR, open_trial, row

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]


async def test_a_letters_page_reads_well_and_each_button_does_what_it_says(
    database_url: str, window: OpenWindow
) -> None:
    async with open_trial(database_url) as trial:
        server = MailServer("127.0.0.1", 1, "none")
        email = EmailGateway(server, "back@study.example", SecretStr("a secret of these tests"))
        trial.context.gateways = Gateways.holding(trial.gateway, email)
        sender = NewSender("email", "followup@study.example")
        channels = trial.context.channels
        await add_sender(trial.operator, channels, trial.study_id, sender, actor=ACTOR)
        await trial.enrol(row("K-001"), row("K-002", language="zh_CN"))
        nothing = Agreed(may_be_texted=False, may_be_told=False, agreed_on=None)
        for code, locale in (("K-001", "en-GB"), ("K-002", "zh-CN")):
            new = Newcomer(read_address("email", f"{code}@home.example"), "self", nothing)
            await add_contact(trial.who(code), new, ACTOR, "named it")
            await send_proof(trial.who(code), ACTOR, which=2)
            letter = await trial.fetchval("SELECT max(id::text)::uuid FROM pro.messages")
            page = letter_page(trial.context, letter).removeprefix(trial.context.public_url)
            options = {"locale": locale, "java_script_enabled": code == "K-001"}
            async with window(trial.context.public_url, **options) as phone:
                await phone.go(page)
                if code == "K-001":
                    await phone.look_over("letter-proof", "participants")
                    for language in ("zh_CN", "en"):
                        await phone.page.locator(f"button[value='{language}']").click()
                    assert phone.page.url.endswith(page)
                await phone.page.locator("main form button").first.click()
                assert (await trial.facts(code)).contacts[1].confirmed
                await phone.page.locator("main button.second").click()
                await expect(phone.page.locator("main form[action^='/e/']")).to_have_count(0)
                if code == "K-001":
                    await phone.look_over("letter-stopped", "participants")
            assert (await trial.facts(code)).contacts[1].opted_out_at is not None
