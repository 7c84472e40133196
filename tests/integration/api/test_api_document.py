"""openapi.json: what is served is what it says, no more and no less."""

from __future__ import annotations

import aiohttp
from aiohttp.test_utils import TestServer
from openapi_spec_validator import OpenAPIV31SpecValidator

from pro_service.web.api.document import document
from pro_service.web.api.endpoints import ENDPOINTS
from pro_service.web.api.routes import DOCUMENT
from pro_service.web.api.table import BASE
from tests.support.programs import ask


async def test_the_document_is_the_code(server: TestServer, browser: aiohttp.ClientSession) -> None:
    answer = await ask(browser, None, "/openapi.json")
    assert answer.status == 200
    same = await ask(
        browser, None, "/openapi.json", headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert same.status == 304
    OpenAPIV31SpecValidator(answer.json).validate()
    assert answer.json == document(ENDPOINTS)

    described = {
        (method.upper(), path) for path, them in answer.json["paths"].items() for method in them
    }
    served = {
        (route.method, route.resource.canonical)
        for route in server.app.router.routes()
        if route.resource is not None and route.resource.canonical.startswith(BASE)
    }
    beside = {(method, DOCUMENT) for method in ("GET", "HEAD", "OPTIONS")}
    assert {one for one in served - beside if one[0] not in ("HEAD", "OPTIONS")} == described
    for one in ENDPOINTS:
        told = answer.json["paths"][one.address][one.method.lower()]
        assert {int(code) for code in told["responses"]} >= {one.status, *one.problems}
