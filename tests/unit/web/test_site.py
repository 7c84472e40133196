"""What the pages of all audiences share: language, files, words, statuses, the prelude."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from pro_service.demo.phone import pages as demo
from pro_service.domain.instruments.model import LANGUAGES, Language
from pro_service.services.desk.seat import AlreadyDoneError, NotHereError, ReasonMissingError
from pro_service.services.desk.sign_in import SignInRefusedError, SignInThrottledError
from pro_service.services.pages.entrance import CodeRefusedError, TooManyTriesError
from pro_service.services.pages.preferences import ChoiceRefusedError
from pro_service.services.pages.second_factor import FactorRefusedError, FactorUnreadableError
from pro_service.texts.catalogue import Domain, MissingTextError, load_texts
from pro_service.web.cookies import BY_HTTPS
from pro_service.web.desk import pages as desk
from pro_service.web.desk.pages import Desk
from pro_service.web.errors import status_of
from pro_service.web.questionnaire import views
from pro_service.web.questionnaire.prelude import begins_with
from pro_service.web.questionnaire.views import Pages
from pro_service.web.site import LanguageCookie, Site, choose_language

COOKIE = LanguageCookie("tongue", "/", 60)
PACKAGE = Path(__file__).parents[3] / "pro_service"
AUDIENCES = {"pages": views.AUDIENCE, "desk": desk.AUDIENCE, "demo": demo.AUDIENCE}
SITES: dict[str, Site] = {
    "pages": Pages(),
    "desk": Desk(MappingProxyType({})),
    "demo": Site(demo.AUDIENCE),
}


def asking(cookie: str = "", accept: str = "") -> web.Request:
    """A request with a language chosen before, and one the browser prefers."""
    headers = {"Cookie": f"tongue={cookie}", "Accept-Language": accept}
    app = web.Application()
    app[BY_HTTPS] = False
    return make_mocked_request("GET", "/", headers=headers, app=app)


def fetching(name: str, accept: str) -> web.Request:
    """A request for a file."""
    request = make_mocked_request("GET", f"/{name}", headers={"Accept-Encoding": accept})
    request.match_info["name"] = name
    return request


@pytest.mark.parametrize(
    ("cookie", "preferred", "accept", "language"),
    [
        ("zh_CN", "en", "en", "zh_CN"),
        ("", "zh_CN", "en", "zh_CN"),
        ("fr", "en", "zh", "en"),
        ("", None, "zh-TW,en;q=0.5", "zh_CN"),
        ("", None, "en,zh;q=0.5", "en"),
        ("", None, "zhx", "en"),
        ("", None, "", "en"),
    ],
)
def test_the_language_is_chosen_here_or_the_readers_own_or_the_browsers(
    cookie: str, preferred: Language | None, accept: str, language: Language
) -> None:
    assert choose_language(asking(cookie, accept), COOKIE, preferred=preferred) == language


def test_a_language_the_study_does_not_have_does_not_count_as_chosen() -> None:
    only: tuple[Language, ...] = ("en",)
    assert choose_language(asking("zh_CN"), COOKIE, preferred="en", languages=only) == "en"


def test_each_audience_remembers_its_language_in_its_own_place() -> None:
    kept = [(one.name, one.path) for one in (views.LANGUAGE, desk.LANGUAGE, demo.LANGUAGE)]
    assert kept == [("pages_language", "/"), ("desk_language", "/desk"), ("demo_language", "/")]


@pytest.mark.parametrize("whose", AUDIENCES)
def test_a_file_is_kept_for_good_under_a_name_made_of_its_content(whose: str) -> None:
    audience, site = AUDIENCES[whose], SITES[whose]
    for file in (audience.style, *audience.scripts):
        static = files(audience.package).joinpath("static")
        body = static.joinpath(file).read_bytes()
        if file == audience.style:
            more = [static.joinpath(one) for one in audience.more_styles]
            if audience.charts:
                more.append(files("pro_service.web.charts").joinpath("static/charts.css"))
            body = b"\n".join((body, *(one.read_bytes() for one in more)))
        stem, _, ending = file.rpartition(".")
        name = f"{stem}-{hashlib.sha256(body).hexdigest()[:12]}.{ending}"
        plain = site.file(fetching(name, "identity"))
        assert plain.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert plain.body == body
        packed = site.file(fetching(name, "gzip, br"))
        assert packed.headers["Content-Encoding"] == "gzip"
        assert isinstance(packed.body, bytes)
        assert gzip.decompress(packed.body) == body
        with pytest.raises(web.HTTPNotFound):
            site.file(fetching(file, ""))


@pytest.mark.parametrize("whose", ["pages", "desk"])
def test_every_failure_has_words_in_every_language(whose: str) -> None:
    site = SITES[whose]
    for status in (one for one in HTTPStatus if one >= HTTPStatus.BAD_REQUEST):
        begins = f"{AUDIENCES[whose].prefix}.failure.{site.reason(status)}"
        for language in LANGUAGES:
            keys = site.texts.keys(language)
            assert any(one.startswith(begins) for one in keys), (status, language)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotHereError, 404),
        (AlreadyDoneError, 409),
        (ReasonMissingError, 422),
        (SignInRefusedError, 422),
        (CodeRefusedError, 422),
        (ChoiceRefusedError, 422),
        (FactorRefusedError, 422),
        (FactorUnreadableError, 422),
        (partial(SignInThrottledError, timedelta(seconds=1)), 429),
        (partial(TooManyTriesError, timedelta(seconds=1)), 429),
        (web.HTTPNotFound, 404),
        (KeyError, 500),
    ],
)
def test_one_table_knows_the_desks_and_the_pages_errors(
    error: Callable[[], Exception], status: int
) -> None:
    assert status_of(error()) == status


@pytest.mark.parametrize("domain", ["messages", "pages", "desk", "demo"])
def test_an_absent_catalogue_is_named_with_its_place(domain: Domain, tmp_path: Path) -> None:
    with pytest.raises(MissingTextError) as caught:
        load_texts(domain, tmp_path)
    assert f"{domain} texts for en" in caught.value.message
    assert f"{domain}.po" in str(caught.value.mend)


async def test_a_handler_gets_what_was_found_and_is_not_called_for_an_answer() -> None:
    called: list[str] = []

    async def find(request: web.Request) -> str | web.Response:
        return "found" if request.path == "/there" else web.Response(status=404)

    @begins_with(find)
    async def handler(_: web.Request, found: str) -> web.Response:
        called.append(found)
        return web.Response()

    assert (await handler(make_mocked_request("GET", "/there"))).status == 200
    assert (await handler(make_mocked_request("GET", "/elsewhere"))).status == 404
    assert called == ["found"]


@pytest.mark.parametrize(
    ("what", "where"),
    [
        (r"import .*\bEnvironment\b", {"web/site.py"}),
        (r"\bread_po\(", {"texts/catalogue.py"}),
        (r"ACCEPT_LANGUAGE|Accept-Language", {"web/site.py"}),
        (r"\.post\(\)", {"web/requests.py"}),
        (r"Sec-Fetch-Site\"", {"web/middleware.py"}),
        (r"\bfind_guest\(|\bopen_pages\(|\bopen_own_page\(", {"web/questionnaire/prelude.py"}),
    ],
)
def test_what_pages_share_stands_in_one_place(what: str, where: set[str]) -> None:
    found = {
        path.relative_to(PACKAGE).as_posix()
        for folder in ("web", "demo/phone", "texts")
        for path in (PACKAGE / folder).rglob("*.py")
        if re.search(what, path.read_text("utf-8"))
    }
    assert found == where


def test_a_page_that_is_written_once_has_what_is_its_own_each_time() -> None:
    pages, given = Pages(), {"keeps": True, "mistaken": False, "handed": False}

    def shown(language: Language, here: str, ahead: str, **values: Any) -> str:
        filled = {"here": here, "ahead": ahead}
        page = pages.render("screen.html", language, filled=filled, **given | values)
        return page.text or ""

    first = shown("en", "<p>first of</p>", "<p>second of</p>", number_ahead=2)
    assert (
        first.index("<p>first of</p>")
        < first.index('data-address="/q/s/2"')
        < first.index("second of")
    )
    again = shown("en", "<p>third of</p>", "", number_ahead=None)
    assert "<p>third of</p>" in again
    assert not re.search("first of|second of|ahead|\x02", again)
    assert 'lang="zh-Hans"' in shown("zh_CN", "", "", number_ahead=None)
    assert 'class="larger"' in shown("en", "", "", number_ahead=None, larger=True)
    assert shown("en", "<p>first of</p>", "<p>second of</p>", number_ahead=2) == first
