"""Control characters and counts no telephone sends: cleaned or refused at the border, never 500."""

from __future__ import annotations

import itertools
from urllib.parse import urlencode

import aiohttp
import pytest

from pro_service.messaging.simulator import wire
from tests.support.study import SECRET, SENDER, open_trial, phone, row

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
CONTROLS = ("\0", "\x1b", "\x7f", "\x85", "\u0000\u0007")
FIELDS = ("id", "from", "to", "body", "media_count", "status", "error_code", "strange")


async def post(
    session: aiohttp.ClientSession, url: str, parameters: dict[str, str]
) -> tuple[int, str]:
    headers = {wire.SIGNATURE_HEADER: wire.sign(SECRET, url, parameters)}
    async with session.post(url, data=parameters, headers=headers) as answer:
        return answer.status, await answer.text()


async def test_no_field_of_a_signed_webhook_makes_the_service_fail(database_url: str) -> None:
    async with open_trial(database_url) as trial, aiohttp.ClientSession() as session:
        await trial.enrol(row("K-001"))
        base = trial.context.public_url.rstrip("/") + "/hooks/simulator"
        numbers = itertools.count()
        for kind, field, bad in itertools.product(("inbound", "status"), FIELDS, CONTROLS):
            good = {"id": f"T{next(numbers)}", "from": phone(1), "to": SENDER, "body": "hello"}
            good |= {"media_count": "0", "status": "delivered", "error_code": "1"}
            status, _ = await post(
                session, f"{base}/{kind}", good | {field: good.get(field, "") + bad}
            )
            assert status in (200, 204, 400, 403, 404), (kind, field, bad)
            if (kind, field) == ("inbound", "body"):
                assert status == 200
            elif field in ("id", "from", "to", "media_count") and kind == "inbound":
                assert status == 400, (field, bad)
        for count in (str(10**20), "-1", "1e3", "²", "٣", "", "9" * 5000):
            good = {"id": f"T{next(numbers)}", "from": phone(1), "to": SENDER, "body": "hello"}
            assert (await post(session, f"{base}/inbound", good | {"media_count": count}))[0] == 400


@pytest.mark.parametrize("path", ["/c", "/q/who", "/q/language", "/q/s/1", "/q/review", "/q/year"])
async def test_no_form_of_the_pages_makes_the_service_fail(database_url: str, path: str) -> None:
    async with open_trial(database_url) as trial, aiohttp.ClientSession() as session:
        names = ("code", "who", "language", "a.pain", "key", "year", "then", "form")
        for name, bad in itertools.product(names, CONTROLS):
            url = trial.context.public_url.rstrip("/") + path
            for fields in ({name: f"x{bad}"}, {f"{name}{bad}": "x"}):
                content = urlencode(fields)
                async with session.post(
                    url, data=content, headers=FORM, allow_redirects=False
                ) as answer:
                    assert answer.status < 500, (path, name, bad)
