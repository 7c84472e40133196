"""What the pages of every audience are made with: templates, words, language, files to load.

Participants, staff and the visitors of the demo have a `Site` each. It is read once, when the
server starts, from the audience's package: `templates/` and `static/`.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from http import HTTPStatus
from importlib.resources import files
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from aiohttp import hdrs, web
from jinja2 import Environment, PackageLoader, StrictUndefined

from pro_service.domain.instruments.model import LANGUAGES, Language
from pro_service.texts.catalogue import Domain, load_texts
from pro_service.web.cookies import cookie_in

HTML_LANGUAGES: Final[dict[Language, str]] = {"en": "en", "zh_CN": "zh-Hans"}
KEPT_FOR_GOOD: Final = "public, max-age=31536000, immutable"
_CHARTS: Final = ("pro_service.web.charts", "charts.css")
_KINDS: Final = {"css": "text/css", "js": "text/javascript"}


class LanguageCookie(NamedTuple):
    """Where a device remembers the language chosen on one audience's pages."""

    name: str
    path: str
    kept_seconds: int


@dataclass(frozen=True)
class Audience:
    """Whose pages a site has, and where their parts are found."""

    package: str
    """The package that holds their templates and static files."""
    catalogue: Domain
    prefix: str
    """What the keys of their words begin with, so that no template repeats it."""
    static: str
    """The address below which their files are served."""
    style: str
    more_styles: tuple[str, ...] = ()
    """Files joined to the style sheet, in this order: browsers get one sheet."""
    charts: bool = False
    """Whether their pages draw charts: the style sheet of charts is joined to theirs."""
    chart_style: str = ""
    """A style sheet for those of their pages alone that draw charts, theirs joined to it."""
    scripts: tuple[str, ...] = ()
    failures: Mapping[HTTPStatus, str] = field(default_factory=dict)
    """The words for a request that failed, by status, where they have any of their own."""


class Asset(NamedTuple):
    """A file browsers may keep for good: its name changes with its content."""

    name: str
    kind: str
    body: bytes
    gzipped: bytes


class Site:
    """The templates, words and static files of one audience."""

    def __init__(self, audience: Audience) -> None:
        """Read everything once."""
        self.texts = load_texts(audience.catalogue)
        self._audience = audience
        self._environment = _templates(audience.package)
        joined = tuple((audience.package, one) for one in audience.more_styles)
        if audience.charts:
            joined += (_CHARTS,)
        style = _read_asset(audience.package, audience.style, joined)
        scripts = [_read_asset(audience.package, name) for name in audience.scripts]
        self._assets = {asset.name: asset for asset in (style, *scripts)}
        self._style = f"{audience.static}/{style.name}"
        self._chart_style = ""
        if audience.chart_style:
            drawn = _read_asset(audience.package, audience.chart_style, (_CHARTS,))
            self._assets[drawn.name] = drawn
            self._chart_style = f"{audience.static}/{drawn.name}"
        self.scripts = [f"{audience.static}/{one.name}" for one in scripts]
        """The addresses of the scripts, in the order they are to be loaded in."""

    def text(self, language: Language, key: str, **parameters: object) -> str:
        """A text of these pages by its key without the prefix."""
        return self.texts.text(f"{self._audience.prefix}.{key}", language, **parameters)

    def write(
        self,
        template: str,
        language: Language,
        *,
        languages: Collection[Language] = LANGUAGES,
        **values: Any,
    ) -> str:
        """A template, whole page or part; `languages` are those the reader may change to."""
        given = {
            "t": partial(self.text, language),
            "language": language,
            "html_language": HTML_LANGUAGES[language],
            "html_languages": HTML_LANGUAGES,
            "other_languages": [one for one in languages if one != language],
            "style": self._style,
            "chart_style": self._chart_style,
            "scripts": self.scripts,
        }
        return self._environment.get_template(template).render(given | values)

    def reason(self, status: HTTPStatus) -> str:
        """What the page for a failed request says, as the last part of a key."""
        other = "failed" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "unreadable"
        return self._audience.failures.get(status, other)

    def file(self, request: web.Request) -> web.Response:
        """The style sheet or script named in the address. Raises HTTPNotFound."""
        asset = self._assets.get(request.match_info["name"])
        if asset is None:
            raise web.HTTPNotFound
        headers = {hdrs.CACHE_CONTROL: KEPT_FOR_GOOD, hdrs.VARY: hdrs.ACCEPT_ENCODING}
        body = asset.body
        if "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, ""):
            headers[hdrs.CONTENT_ENCODING] = "gzip"
            body = asset.gzipped
        return web.Response(body=body, content_type=asset.kind, charset="utf-8", headers=headers)


def as_page(
    body: str, *, status: HTTPStatus = HTTPStatus.OK, policy: str | None = None
) -> web.Response:
    """A page to answer with; `policy` where it may do more than pages commonly may."""
    response = web.Response(text=body, status=status, content_type="text/html", charset="utf-8")
    if policy is not None:
        response.headers["Content-Security-Policy"] = policy
    return response


def choose_language(
    request: web.Request,
    cookie: LanguageCookie,
    *,
    preferred: Language | None = None,
    languages: Collection[Language] = LANGUAGES,
) -> Language:
    """The language of a page: chosen on this device, else the reader's own, else the browser's.

    What was chosen counts only if it is among `languages`: a study may not have it.
    """
    chosen = known_language(cookie_in(request, cookie.name))
    if chosen is not None and chosen in languages:
        return chosen
    if preferred is not None:
        return preferred
    accepted = request.headers.get(hdrs.ACCEPT_LANGUAGE, "")
    return "zh_CN" if re.match(r"\s*zh\b", accepted, re.IGNORECASE) else "en"


def known_language(code: object) -> Language | None:
    """The language of a code that came from outside, or None."""
    return next((one for one in LANGUAGES if one == code), None)


class _Environment(Environment):
    """Templates whose `a.b` looks first for a key in dictionaries, which is what pages are made of.

    Jinja asks for an attribute first, and is told each time that there is none.
    """

    def getattr(self, obj: Any, attribute: str) -> Any:
        """What `obj.attribute` is in a template."""
        if type(obj) is dict and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)


@cache
def _templates(package: str) -> Environment:
    """The templates of a package, each compiled when it is first written, once a process."""
    environment = _Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # They are part of the release: nobody looks at each page whether a file has changed.
        auto_reload=False,
    )
    environment.filters["in_address"] = lambda code: quote(code, safe="")
    return environment


@cache
def _read_asset(package: str, file: str, joined: tuple[tuple[str, str], ...] = ()) -> Asset:
    """A file of a package, and behind it others, each (package, file)."""
    every = ((package, file), *joined)
    body = b"\n".join(files(each).joinpath("static", name).read_bytes() for each, name in every)
    stem, _, ending = file.rpartition(".")
    name = f"{stem}-{hashlib.sha256(body).hexdigest()[:12]}.{ending}"
    return Asset(name, _KINDS[ending], body, gzip.compress(body, mtime=0))
