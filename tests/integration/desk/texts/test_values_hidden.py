"""Role by page by value, over every address there is (R6): who may not see answers learns nothing.

No value is looked for: a page of whoever may not see answers is the same, letter by letter, when
every value and score is another. A page added tomorrow is walked as soon as it has an address.
"""

from __future__ import annotations

import re
from typing import Final

import aiohttp
import pytest

from pro_service.services.desk.sign_in import form_secret
from pro_service.store.ids import new_id
from pro_service.web.desk.routes import DOINGS, ROUTES
from tests.integration.desk.person.filled import PREVIEWS, filled_for
from tests.integration.desk.texts.conftest import Browsers, shown, text_of
from tests.integration.desk.texts.test_taking import owed
from tests.integration.desk.texts.test_undoing import alert_of, call_of
from tests.support.study import Trial

CODE: Final = "K-001"
UNDER: Final = {
    "/desk/texts/{id}": "text",
    "/desk/calls/{id}": "call",
    "/desk/participants/{code}/entry/{id}": "entry",
    "/desk/participants/{code}/second/{id}": "entry",
    "/desk/measures/reads/{id}.csv": "text",
}
"""Addresses of a row, and which row is looked at there. A new one must say what is shown."""
SITE_PAGES: Final = ("/desk/rota/", "/desk/sites/")
"""Addresses whose code is a site's."""
SIGNED: Final = "/desk/participants/{code}/signing/{id}"
OTHERS: Final = {
    "/desk/static/{name}": "desk.css",
    "/desk/{rest:.*}": "nothing-here",
    "/desk/link/{token}": "nothing-here",
    "/desk/senders/{id}": "nobody",
    "/desk/staff/{id}": "nobody",
    "/desk/measures/hand-out/{id}/key.csv": "nobody",
    "/desk/exports/{id}.zip": "nobody",
}
OWN_SECRET: Final = "/desk/me/factor"
"""An address that shows a secret of the reader's own, another each time."""
CHANGING: Final = re.compile(
    r'name="(?:key|form|seen)" value="[^"]*"|\d\d:\d\d(?::\d\d)?|proof=[0-9a-f]+'
)
"""What is another each time a page is made: keys of forms, and the time of day."""
OTHER_VALUES: Final = """
ALTER TABLE pro.responses DISABLE TRIGGER USER;
ALTER TABLE pro.scores DISABLE TRIGGER USER;
UPDATE pro.responses SET value = 10 - value WHERE value BETWEEN 0 AND 10;
UPDATE pro.scores SET raw = raw + 1, normalised = normalised + 0.37;
"""


def address(path: str, rows: dict[str, str]) -> str:
    """An address with what it names filled in."""
    if path in OTHERS:
        return re.sub(r"\{[^}]*\}", OTHERS[path], path)
    code = "BJ01" if path.startswith(SITE_PAGES) else CODE
    filled = path.replace("{code}", code)
    if path == SIGNED:
        return filled.replace("{id}", "all")
    if "{id}" in filled:
        assert path in UNDER, f"say in UNDER which row is looked at in {path}"
        filled = filled.replace("{id}", rows[UNDER[path]])
    assert "{" not in filled, f"say what {path} names"
    return filled


async def look(browser: aiohttp.ClientSession, rows: dict[str, str]) -> dict[str, str]:
    """Every page and every preview there is, as this browser is shown them."""
    found = {}
    for route in ROUTES:
        if route.method != "GET" or route.path == OWN_SECRET:
            continue
        async with browser.get(address(route.path, rows), allow_redirects=False) as answer:
            assert answer.status < 500, route.path
            if answer.content_type == "text/event-stream":
                # It does not end; that it brings ids alone `rooms/test_live.py` looks at.
                continue
            found[route.path] = await answer.text()
    cookie = {one.key: one.value for one in browser.cookie_jar}["desk"]
    given = {"form": form_secret(cookie), "key": "k1", "reason": "x", "until": "2026-01-20"}
    given |= {"reply": "thanks", "mode": "telephone", "respondent": "self", "language": "en"}
    for doing in DOINGS:
        if doing.name not in PREVIEWS:
            continue
        path = doing.path.replace("{code}", CODE).replace("{id}", rows["text"])
        async with browser.post(path, data=given | filled_for(doing, rows)) as answer:
            assert answer.status < 500, doing.name
            found[doing.name] = await answer.text()
    return {name: CHANGING.sub("", text) for name, text in found.items()}


async def numbers_of(browser: aiohttp.ClientSession) -> str:
    """K-001's page without what is another each time."""
    return CHANGING.sub("", await shown(browser, f"/desk/participants/{CODE}"))


async def lived(trial: Trial) -> dict[str, str]:
    """K-001 has answered everything of baseline, wrote words, raised an alert and is to be rung."""
    while await owed(trial):
        await trial.says(CODE, "4")
    text = (await text_of(trial, "could my sister bring me on tuesday")).rpartition("/")[2]
    await alert_of(trial)
    call, entry = await call_of(trial), new_id()
    await trial.owner_does(
        "INSERT INTO pro.attempts (study_id, id, participant_id, assessment_id, ordinal, mode,"
        " respondent, authentication, language, release, instrument_sha256, wording_sha256,"
        " started_at, actor) SELECT a.study_id, $1, a.participant_id, a.id, 9, 'telephone', 'self',"
        " 'staff', 'en', 'test', 'x', 'x', pro.now(), 'staff:anna' FROM pro.assessments AS a"
        " WHERE a.participant_id = $2 AND a.submitted_at IS NULL ORDER BY a.id LIMIT 1",
        entry,
        trial.participants[CODE],
    )
    ((contact,),) = await trial.fetch(
        "SELECT id FROM pro.contact_points WHERE participant_id = $1 AND valid_to IS NULL",
        trial.participants[CODE],
    )
    rows = {"text": text, "call": str(call), "entry": str(entry)}
    return rows | {"first contact": str(contact), "last contact": str(contact)}


@pytest.mark.parametrize(
    ("login", "sees"),
    [("anna", False)]
    + [pytest.param(login, True, marks=pytest.mark.thorough) for login in ("iris", "mo")],
)
async def test_r6_no_page_changes_with_a_value_its_reader_may_not_see(
    trial: Trial, at: Browsers, login: str, sees: bool
) -> None:
    rows = await lived(trial)
    reader, investigator = await at(login), await at("iris")
    before, seen = await look(reader, rows), await numbers_of(investigator)
    await trial.owner_does(OTHER_VALUES)
    after = await look(reader, rows)
    # There were values, and they are others now: whoever may see them does.
    assert seen != await numbers_of(investigator)
    other = {name for name in before if before[name] != after[name]}
    assert len(before) > 50
    if sees:
        assert "/desk/participants/{code}" in other
    else:
        assert other == set()
