"""What holds for every page: headers, own forms only, languages, cookies, errors, log lines."""

from __future__ import annotations

import logging
import re

import aiohttp
import asyncpg
import pytest

from pro_service.services.base.context import ServiceContext
from pro_service.store.pools import Pools, open_pools
from tests.support.forms import form_to, forms_of
from tests.support.seed import (
    PUBLIC_URL,
    make_context,
    seed_link,
    seed_participant,
    seed_study,
    seed_visit,
)
from tests.support.web import browsing, open_questions, serving


async def make_link(
    owner: asyncpg.Connection, context: ServiceContext, language: str = "en"
) -> str:
    """A link to an open baseline."""
    participant = await seed_participant(await seed_study(owner, context), language=language)
    await seed_visit(participant)
    return await seed_link(participant)


@pytest.mark.parametrize("path", ["/q/unknown", "/q", "/healthz", "/nowhere", "/q/s/1"])
async def test_every_answer_carries_the_safe_headers(pools: Pools, path: str) -> None:
    async with (
        serving(pools, make_context()) as server,
        browsing(server) as browser,
        browser.get(path) as response,
    ):
        policy = response.headers["Content-Security-Policy"]
        assert policy.split("; ") == [
            "default-src 'none'",
            "style-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ]
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "noindex" in response.headers["X-Robots-Tag"]
        # Which software answers, and of which version, is nobody's business (M18).
        assert "Server" not in response.headers


async def test_only_opened_pages_may_run_our_own_scripts_and_talk_to_us(
    owner: asyncpg.Connection, pools: Pools
) -> None:
    context = make_context()
    token = await make_link(owner, context)
    async with serving(pools, context) as server, browsing(server) as browser:
        async with browser.get(f"/q/{token}") as response:
            assert "script-src" not in response.headers["Content-Security-Policy"]
            assert "<script" not in await response.text()
        await open_questions(browser, token)
        async with browser.get("/q/s/1") as response:
            policy = response.headers["Content-Security-Policy"].split("; ")
        assert policy[0] == "default-src 'none'"
        assert policy[-2:] == ["script-src 'self'", "connect-src 'self'"]


async def test_pages_hold_no_foreign_script_no_inline_style_and_no_other_host(
    owner: asyncpg.Connection, pools: Pools
) -> None:
    context = make_context()
    token = await make_link(owner, context)
    async with serving(pools, context) as server, browsing(server) as browser:
        async with browser.get(f"/q/{token}") as response:
            pages = [await response.text()]
        pages.append(await open_questions(browser, token))
        for path in ("/q/review", "/q/now", "/q/decline", "/q/thanks"):
            async with browser.get(path) as response:
                pages.append(await response.text())
        for page in pages:
            for forbidden in (" style=", "onclick", "http://", "https://", "<style"):
                assert forbidden not in page
            scripts = re.findall(r"<script[^>]*>(?!</script>)?", page)
            assert all(
                re.match(r'<script src="/q/static/[a-z0-9.-]+" defer', one) for one in scripts
            )
            assert page.count("></script>") == len(scripts)
            title = page.partition("<title>")[2].partition("</title>")[0]
            assert title == "Your questions"
        loaded = re.findall(r'"(/q/static/[^"]+)"', "".join(pages))
        assert {path.rpartition(".")[2] for path in loaded} == {"css", "js"}
        for path in loaded:
            async with browser.get(path) as response:
                assert response.content_type in ("text/css", "text/javascript")
                assert "immutable" in response.headers["Cache-Control"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://elsewhere.example"},
    ],
)
async def test_a_form_sent_by_another_site_is_refused(
    owner: asyncpg.Connection, pools: Pools, headers: dict[str, str]
) -> None:
    context = make_context()
    token = await make_link(owner, context)
    async with serving(pools, context) as server, browsing(server) as browser:
        form = form_to(await open_questions(browser, token), "/q/s/1")
        data = form.filled(**dict.fromkeys(form.items, "3"))
        async with browser.post("/q/s/1", data=data, headers=headers) as response:
            assert response.status == 403
        assert await owner.fetchval("SELECT count(*) FROM pro.responses") == 0
        own = {"Sec-Fetch-Site": "same-origin", "Origin": "null"}
        async with browser.post("/q/s/1", data=data, headers=own) as response:
            assert response.url.path == "/q/s/2"
        again = {"Origin": PUBLIC_URL}
        async with browser.post("/q/s/1", data=data, headers=again) as response:
            assert response.url.path == "/q/s/2"


async def test_no_form_of_any_page_is_taken_from_another_site(pools: Pools) -> None:
    foreign = {"Sec-Fetch-Site": "cross-site"}
    async with serving(pools, make_context()) as server, browsing(server) as browser:
        paths = {
            (route.resource.canonical, re.sub(r"\{[^}]+\}", "x", route.resource.canonical))
            for route in server.app.router.routes()
            if route.method == "POST" and route.resource is not None
        }
        assert len(paths) > 15
        for canonical, path in sorted(paths):
            async with browser.post(path, data={}, headers=foreign) as response:
                expected = 404 if canonical.startswith("/hooks/") else 403
                assert response.status == expected, canonical


async def test_what_fails_at_the_desk_before_its_handler_is_a_page_of_the_desk(
    pools: Pools,
) -> None:
    async with (
        serving(pools, make_context()) as server,
        browsing(server) as browser,
        browser.delete("/desk", headers={"Accept-Language": "zh"}) as response,
    ):
        assert response.status == 405
        assert response.headers["Allow"] == "GET,HEAD"
        assert response.content_type == "text/html"
        assert 'lang="zh-Hans"' in await response.text()


async def test_a_chinese_participants_pages_are_chinese_and_say_so(
    owner: asyncpg.Connection, pools: Pools
) -> None:
    context = make_context()
    token = await make_link(owner, context, "zh_CN")
    async with serving(pools, context) as server, browsing(server) as browser:
        page = await open_questions(browser, token)
        assert '<html lang="zh-Hans">' in page
        for text in ("左膝", "过去48小时内", "0 = 完全不疼", "10 = 能想象到的最剧烈的疼痛"):
            assert text in page
        assert "保存并继续" in page


async def test_every_question_names_the_knee_the_recall_and_both_ends(
    owner: asyncpg.Connection, pools: Pools
) -> None:
    context = make_context()
    token = await make_link(owner, context)
    async with serving(pools, context) as server, browsing(server) as browser:
        page = await open_questions(browser, token)
    assert page.count("<legend>Left knee: ") == 5
    assert "In the last 48 hours" in page
    assert page.count("0 = no pain") == 5
    assert page.count("10 = the worst pain imaginable") == 5
    assert "Questions 1 to 5 of 26" in page
    assert "checked" not in page


async def test_the_language_can_be_changed_and_leads_back_to_our_pages_only(
    owner: asyncpg.Connection, pools: Pools
) -> None:
    context = make_context()
    token = await make_link(owner, context)
    async with serving(pools, context) as server, browsing(server) as browser:
        await open_questions(browser, token)
        async with browser.get("/q/review") as response:
            page = await response.text()
        form = next(form for form in forms_of(page) if form.action == "/q/language")
        async with browser.post("/q/language", data=[*form.fields, *form.buttons]) as response:
            assert response.url.path == "/q/review"
            assert '<html lang="zh-Hans">' in await response.text()
        data = {"language": "en", "back": "//elsewhere.example/q"}
        async with browser.post("/q/language", data=data, allow_redirects=False) as response:
            assert response.headers["Location"] == "/q"
        async with browser.post("/q/language", data={"language": "xx"}) as response:
            assert response.status == 400
        async with browser.get("/q/unknown") as response:
            assert '<html lang="en">' in await response.text()


async def test_cookies_are_secure_where_the_public_address_is(
    owner: asyncpg.Connection, pools: Pools
) -> None:
    context = make_context("https://questions.example")
    token = await make_link(owner, context)
    async with (
        serving(pools, context) as server,
        browsing(server) as browser,
        browser.post(f"/q/{token}/open", allow_redirects=False) as response,
    ):
        set_cookie = response.headers["Set-Cookie"]
        assert set_cookie.startswith("__Secure-q=")
        for attribute in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/q"):
            assert attribute in set_cookie
        assert response.headers["Strict-Transport-Security"].startswith("max-age=31536000")


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ({}, 400),
        ({"key": "k" * 12, "assessment": "no id", "group": "0"}, 400),
        ({"key": "k" * 70_000}, 413),
    ],
)
async def test_a_form_that_is_not_ours_is_answered_in_plain_words(
    owner: asyncpg.Connection, pools: Pools, data: dict[str, str], status: int
) -> None:
    context = make_context()
    token = await make_link(owner, context)
    async with serving(pools, context) as server, browsing(server) as browser:
        await open_questions(browser, token)
        async with browser.post("/q/s/1", data=data) as response:
            assert response.status == status
            assert "We could not read what was sent" in await response.text()


async def test_log_lines_name_the_route_and_never_token_name_or_answer(
    owner: asyncpg.Connection, pools: Pools, caplog: pytest.LogCaptureFixture
) -> None:
    context = make_context()
    token = await make_link(owner, context)
    caplog.set_level(logging.DEBUG, "pro_service.web")
    async with serving(pools, context) as server, browsing(server) as browser:
        form = form_to(await open_questions(browser, token), "/q/s/1")
        data = [*form.filled(**dict.fromkeys(form.items, "3")), ("a.note", "canary-7319")]
        await browser.post("/q/s/1", data=data)
    ours = [record for record in caplog.records if record.name == "pro_service.web"]
    assert {"page-welcome", "page-open", "page-screen", "page-save"} <= {
        record.__dict__["route"] for record in ours
    }
    written = "\n".join(str(record.__dict__) for record in ours)
    for canary in (token, "canary-7319", "P-001", "pain_1"):
        assert canary not in written


async def test_an_unforeseen_error_leaks_nothing(
    owner: asyncpg.Connection, pools: Pools, caplog: pytest.LogCaptureFixture
) -> None:
    context = make_context()
    token = await make_link(owner, context)
    async with serving(pools, context) as server, browsing(server) as browser:
        await owner.execute("ALTER TABLE pro.invitations RENAME TO canary_7319")
        async with browser.get(f"/q/{token}") as response:
            assert response.status == 500
            page = await response.text()
    assert "Something went wrong on our side" in page
    ours = [record for record in caplog.records if record.name == "pro_service.web"]
    assert [record.__dict__["error"] for record in ours if record.levelno >= logging.ERROR] == [
        "UndefinedTableError"
    ]
    for written in (page, *(str(record.__dict__) for record in ours)):
        assert "invitations" not in written
        assert token not in written


async def test_a_database_out_of_reach_is_said_with_when_to_try_again() -> None:
    nowhere = await open_pools("postgresql://nobody@127.0.0.1:1/none")
    async with (
        nowhere,
        serving(nowhere, make_context()) as server,
        browsing(server) as browser,
        browser.get(f"/q/{'a' * 26}") as response,
    ):
        assert response.status == 503
        assert response.headers["Retry-After"] == "5"
        assert "Everything saved before is safe" in await response.text()


async def test_an_address_that_takes_no_such_method_says_which_it_takes(pools: Pools) -> None:
    async with (
        serving(pools, make_context()) as server,
        browsing(server) as browser,
        browser.delete("/q/review") as response,
    ):
        assert response.status == 405
        assert set(response.headers["Allow"].split(",")) == {"GET", "HEAD", "POST"}


async def test_only_the_head_of_a_page_is_sent_for_head(pools: Pools) -> None:
    async with (
        serving(pools, make_context()) as server,
        aiohttp.ClientSession(server.make_url("/")) as session,
        session.head("/q/unknown") as response,
    ):
        assert response.status == 404
        assert await response.read() == b""
