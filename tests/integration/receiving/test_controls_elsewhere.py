"""F6 at the borders that are left: Twilio's webhooks, the card's and the own page's forms."""

from __future__ import annotations

import itertools
from urllib.parse import urlencode, urlsplit

import aiohttp
from twilio.request_validator import RequestValidator

from tests.integration.receiving.test_controls import CONTROLS, FORM
from tests.support.study import SENDER, open_trial, phone, row
from tests.support.twilio.fake import TOKEN
from tests.support.twilio.taken import ACCOUNT
from tests.support.twilio.trial import open_twilio_trial
from tests.support.web import browsing

FIELDS = (
    *("MessageSid", "AccountSid", "From", "To", "Body", "NumMedia", "NumSegments"),
    *("MessageStatus", "ErrorCode", "OptOutType", "MediaUrl0", "Strange"),
)


async def test_no_field_of_a_webhook_of_twilios_makes_the_service_fail(database_url: str) -> None:
    """Signed by Twilio's own account: whatever a telephone can put into a text."""
    sign = RequestValidator(TOKEN).compute_signature
    async with open_twilio_trial(database_url) as trial, aiohttp.ClientSession() as session:
        await trial.enrol("K-001")
        numbers = itertools.count()

        async def post(kind: str, **changed: str) -> int:
            good = {
                "MessageSid": f"SM{next(numbers):032x}",
                "AccountSid": ACCOUNT,
                "From": phone(1),
                "To": SENDER,
                "Body": "hello",
                "NumMedia": "0",
                "NumSegments": "1",
                "MessageStatus": "delivered",
            }
            url = f"{trial.base}/hooks/twilio/{kind}"
            fields = good | changed
            headers = {"X-Twilio-Signature": sign(url, fields)}
            async with session.post(url, data=fields, headers=headers) as answer:
                await answer.read()
                return answer.status

        for kind, field, bad in itertools.product(("inbound", "status"), FIELDS, CONTROLS):
            status = await post(kind, **{field: f"x{bad}"})
            assert status in (200, 204, 400, 403, 404), (kind, field, bad, status)
        for bad in CONTROLS:
            assert await post("inbound", Body=f"4{bad}") == 200
        for count in (str(10**20), "-1", "1e3", "²", "9" * 5000):
            assert await post("inbound", NumMedia=count) in (400, 403)
        words = await trial.fetch("SELECT count(*) FROM pro.inbounds")
        assert words[0][0] >= len(CONTROLS)


async def test_no_form_of_a_card_or_of_the_own_page_makes_the_service_fail(
    database_url: str,
) -> None:
    """By somebody who is in: every form of the own page, and a card's, with each kind of cell."""
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001", channel="link"))
        await trial.ask()
        text = (await trial.texts("K-001"))[-1]
        link = urlsplit(text[text.index("http") :].split()[0]).path
        async with browsing(trial.server) as browser:
            async with browser.post(f"{link}/open?own=1") as answer:
                assert (answer.status, answer.url.path) == (200, "/q/me")
            settings = ("time", "language", "pause", "letters", "font", "nothing")
            paths = [f"/q/me/{one}" for one in settings]
            paths += ["/q/me/stop", "/q/leave", "/q/language", "/q/decline", "/q/who", "/q/s/1"]
            paths += [f"/c/{'a' * 26}/open", "/c/%00/open", "/c/%1b", "/q/%00", "/q/me/%00"]
            names = ("choice", "key", "then", "code", "who", "year", "a.pain", "language")
            for path, name, bad in itertools.product(paths, names, CONTROLS[:2]):
                for fields in ({name: f"x{bad}"}, {f"{name}{bad}": "x"}):
                    async with browser.post(
                        path, data=urlencode(fields), headers=FORM, allow_redirects=False
                    ) as answer:
                        assert answer.status < 500, (path, name, bad)
            for path in ("/q/%00", "/c/%00", "/q/me/%00", "/q/s/%00", "/desk/participants/%00"):
                async with browser.get(path, allow_redirects=False) as answer:
                    assert answer.status < 500, path
            for cookie in ("session", "q", "desk", "language", "lang"):
                headers = {"Cookie": f'{cookie}="\\000x"'}
                async with browser.get("/q/me", headers=headers, allow_redirects=False) as answer:
                    assert answer.status < 500, cookie
