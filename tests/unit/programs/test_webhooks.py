"""Webhooks: where they may lead, how they are signed and how often they are tried."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
from datetime import timedelta
from uuid import UUID

import pytest
from aiohttp.abc import ResolveResult
from aiohttp.resolver import ThreadedResolver

from pro_service.domain.programs.webhooks import (
    MOST_TRIES,
    WebhookAddressError,
    again_after,
    body_of,
    check_address,
    is_public,
    signature,
)
from pro_service.messaging.webhooks import HttpWebhooks, NotTakenError, WebhookPost

PRIVATE = (
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",  # noqa: S104
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fd00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::a00:1",
    "2002:a00:1::",
    "::7f00:1",
)


def test_no_webhook_leads_into_a_network_of_ones_own() -> None:
    assert [one for one in PRIVATE if is_public(one)] == []
    assert all(is_public(one) for one in ("93.184.215.14", "2606:2800:21f:cb07::1"))
    for address in PRIVATE:
        host = f"[{address}]" if ":" in address else address
        with pytest.raises(WebhookAddressError):
            check_address(f"https://{host}/x", private=False)
        check_address(f"http://{host}:8080/x", private=True)


@pytest.mark.parametrize(
    "url",
    [
        *("http://example.org/", "ftp://example.org/", "https://", "https:///x", "x", ""),
        *("https://a:b@example.org/", "https://example.org/#x", "https://exa mple.org/"),
        *("https://example.org:0/", "https://example.org:99999/", "https://[::1/"),
        *("https://例.org/", f"https://example.org/{'x' * 500}", "file:///etc/passwd"),
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(WebhookAddressError) as refused:
        check_address(url, private=False)
    assert refused.value.mend
    check_address("https://example.org/hook?x=1", private=False)


def test_a_webhook_carries_an_id_and_a_kind_and_is_signed_over_all_of_it() -> None:
    body = body_of("alert.raised", UUID(int=7))
    assert json.loads(body) == {"kind": "alert.raised", "id": str(UUID(int=7))}
    made = signature("secret", "m-1", 1_800_000_000, body)
    digest = hmac.new(b"secret", b"m-1.1800000000." + body, hashlib.sha256).digest()
    assert made == f"v1,{base64.b64encode(digest).decode()}"
    others = {
        signature("secret", "m-2", 1_800_000_000, body),
        signature("secret", "m-1", 1_800_000_001, body),
        signature("secret", "m-1", 1_800_000_000, body + b" "),
        signature("other", "m-1", 1_800_000_000, body),
    }
    assert made not in others
    assert len(others) == 4


def test_it_is_tried_for_a_day_and_a_half_ever_more_seldom() -> None:
    waits = [again_after(tries) for tries in range(1, MOST_TRIES)]
    assert all(wait is not None for wait in waits)
    whole = sum((wait for wait in waits if wait is not None), timedelta(0))
    assert timedelta(hours=12) < whole < timedelta(hours=48)
    assert waits == sorted(waits, key=lambda wait: wait or timedelta(0))
    assert waits[0] == timedelta(seconds=10)
    assert again_after(MOST_TRIES) is None


async def test_a_name_that_means_a_private_address_is_refused_when_it_is_called(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    async def resolve(
        self: ThreadedResolver, host: str, port: int = 0, family: int = 0
    ) -> list[ResolveResult]:
        asked.append(host)
        # One public address does not make the other one so.
        return [
            ResolveResult(
                hostname=host,
                host=one,
                port=port,
                family=socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for one in ("93.184.215.14", "10.0.0.7")
        ]

    monkeypatch.setattr(ThreadedResolver, "resolve", resolve)
    webhooks = HttpWebhooks()
    try:
        for url in ("https://moved.example/hook", "https://10.0.0.7/hook", "https://[::1]/"):
            with pytest.raises(NotTakenError) as refused:
                await webhooks.post(WebhookPost(url, False, {}, b"{}"))
            assert refused.value.fault == "private address"
    finally:
        await webhooks.close()
    assert asked == ["moved.example"]
