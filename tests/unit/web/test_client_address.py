"""Where a request came from: only what proxies of ours added is believed."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from pro_service.web.keys import TRUSTED_PROXIES
from pro_service.web.requests import client_address, source_of


def asked(proxies: int, *lines: str, remote: str = "10.0.0.9") -> web.Request:
    """A request that came from `remote` with these X-Forwarded-For lines."""
    app = web.Application()
    app[TRUSTED_PROXIES] = proxies
    headers: Any = [("X-Forwarded-For", line) for line in lines]
    request = make_mocked_request("GET", "/c", headers=CIMultiDict(headers), app=app)
    return request.clone(remote=remote)


@pytest.mark.parametrize(
    ("proxies", "lines", "address"),
    [
        (0, ("203.0.113.5",), "10.0.0.9"),
        (1, (), "10.0.0.9"),
        (1, ("203.0.113.5",), "203.0.113.5"),
        (1, ("198.51.100.1, 203.0.113.5",), "203.0.113.5"),
        (1, ("198.51.100.1", "203.0.113.5"), "203.0.113.5"),
        (2, ("198.51.100.1, 203.0.113.5, 10.0.0.1",), "203.0.113.5"),
        (2, ("203.0.113.5",), "10.0.0.9"),
        (1, ("not an address",), "10.0.0.9"),
        (1, ("2001:db8::1",), "2001:db8::1"),
    ],
)
def test_the_address_is_the_one_our_outermost_proxy_was_called_from(
    proxies: int, lines: tuple[str, ...], address: str
) -> None:
    assert client_address(asked(proxies, *lines)) == address


def test_tries_from_one_ipv6_network_are_counted_together() -> None:
    first, second, other = (
        source_of(asked(1, address))
        for address in ("2001:db8:1:2::1", "2001:db8:1:2:ffff::7", "2001:db8:1:3::1")
    )
    assert first == second != other
    assert source_of(asked(0, remote="203.0.113.5")) == "203.0.113.5"
