"""The provider's doors and the two health addresses."""

from __future__ import annotations

import pytest
from yarl import URL

from pro_service.domain.errors import ProServiceError
from pro_service.store.pools import Pools, open_pools
from tests.support.seed import PUBLIC_URL, make_context
from tests.support.web import GatewayOfTests, browsing, serving

SIGNED = {"X-Test": "yes"}


async def test_the_signed_address_is_ours_whatever_the_headers_say(pools: Pools) -> None:
    gateway = GatewayOfTests()
    async with (
        serving(pools, make_context(), gateway=gateway) as server,
        browsing(server) as browser,
    ):
        headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
        address = "/hooks/simulator/status?message=a%2Fb&x=%20"
        async with browser.post(
            URL(address, encoded=True), data=b"body", headers=headers
        ) as response:
            assert response.status == 403
            assert await response.text() == "Forbidden\n"
    assert gateway.seen[0].url == f"{PUBLIC_URL}{address}"
    assert gateway.seen[0].body == b"body"


@pytest.mark.parametrize(
    ("path", "headers", "body", "status"),
    [
        ("/hooks/other/inbound", SIGNED, b"x", 404),
        ("/hooks/simulator/inbound", {}, b"x", 403),
        ("/hooks/simulator/inbound", SIGNED, b"", 400),
        ("/hooks/simulator/inbound", SIGNED, b"x", 404),  # Nobody has that address.
        ("/hooks/simulator/status", {}, b"x", 403),
        ("/hooks/simulator/status", SIGNED, b"", 400),
        ("/hooks/simulator/status", SIGNED, b"x", 404),  # Not a message of ours.
        ("/hooks/simulator/inbound", SIGNED, b"x" * 70_000, 413),
    ],
)
async def test_hooks_answer_in_plain_text_what_they_refuse(
    pools: Pools, path: str, headers: dict[str, str], body: bytes, status: int
) -> None:
    woken: list[bool] = []
    async with (
        serving(pools, make_context(), on_inbound=lambda: woken.append(True)) as server,
        browsing(server) as browser,
        browser.post(path, data=body, headers=headers) as response,
    ):
        assert response.status == status
        assert response.content_type == "text/plain"
    assert woken == []


async def test_a_hook_says_503_while_nothing_can_be_stored() -> None:
    nowhere = await open_pools("postgresql://nobody@127.0.0.1:1/none")
    async with (
        nowhere,
        serving(nowhere, make_context()) as server,
        browsing(server) as browser,
    ):
        for path in ("/hooks/simulator/inbound", "/hooks/simulator/status"):
            async with browser.post(path, data=b"x", headers=SIGNED) as response:
                assert response.status == 503


async def test_healthz_never_needs_the_database_and_readyz_says_why_not() -> None:
    class SchemaBehindError(ProServiceError):
        """The schema is behind this release."""

    async def not_ready() -> None:
        raise SchemaBehindError

    nowhere = await open_pools("postgresql://nobody@127.0.0.1:1/none")
    async with (
        nowhere,
        serving(nowhere, make_context(), ready=not_ready) as server,
        browsing(server) as browser,
    ):
        async with browser.get("/healthz") as response:
            assert (response.status, await response.json()) == (200, {"status": "ok"})
        async with browser.get("/readyz") as response:
            assert response.status == 503
            assert response.content_type == "application/problem+json"
            problem = await response.json(content_type=None)
    assert problem["detail"] == "The schema is behind this release."


async def test_readyz_hides_what_an_unknown_error_says(pools: Pools) -> None:
    async def broken() -> None:
        raise RuntimeError("canary-7319")

    async with (
        serving(pools, make_context(), ready=broken) as server,
        browsing(server) as browser,
        browser.get("/readyz") as response,
    ):
        assert response.status == 503
        assert "canary" not in await response.text()


async def test_readyz_is_content_when_the_check_is(pools: Pools) -> None:
    async with (
        serving(pools, make_context()) as server,
        browsing(server) as browser,
        browser.get("/readyz") as response,
    ):
        assert response.status == 200
