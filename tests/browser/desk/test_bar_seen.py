"""The bar of rooms stands in one line at 1280, whoever is in; what has no room opens by key."""

from __future__ import annotations

from typing import Final

import pytest

from pro_service.domain.study.permissions import MAY, Role
from pro_service.services.study.staff import make_staff
from pro_service.web.desk.frame.rooms import ROOMS
from tests.browser.conftest import OpenWindow
from tests.browser.window import DESKTOP
from tests.support.desk import PASSWORD
from tests.support.study import ACTOR, Trial

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]

IN_ONE_LINE: Final = """() => {
  const sites = document.querySelector(".sites");
  const menu = document.querySelector(".rooms summary");
  if (sites) sites.textContent = menu ? "40 sites" : "BJ01, NJ02, SH03";
  for (const room of document.querySelectorAll(".rooms > ul > li > a")) {
    if (/today|desk$|texts$/.test(room.getAttribute("href")) && !room.querySelector(".waiting")) {
      room.insertAdjacentHTML("beforeend", ' <span class="waiting">12</span>');
    }
  }
  const of = (one) => document.querySelector(one).getBoundingClientRect();
  const last = [...document.querySelectorAll(".rooms > ul > li")].pop();
  return {
    high: of(".bar").height,
    apart: of(".me").left >= (last ? last.getBoundingClientRect().right : 0),
    cut: document.scrollingElement.scrollWidth > innerWidth
      || (sites !== null && sites.scrollWidth > sites.clientWidth),
  };
}"""
HIGHEST: Final = 56
"""Pixels of one line; two take 90."""


async def test_the_bar_takes_one_line_for_every_role_in_both_languages(
    trial: Trial, window: OpenWindow
) -> None:
    wrong = []
    for role in Role:
        login = f"bar-{role}".replace("_", "-")
        await make_staff(
            trial.operator,
            trial.study_id,
            login=login,
            password=PASSWORD,
            site=None,
            role=role,
            actor=ACTOR,
        )
        async with window(trial.context.public_url) as desk:
            page = desk.page
            await page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
            await desk.go("/desk/sign-in")
            await page.fill("#login", login)
            await page.fill("#password", PASSWORD)
            await desk.press("form button.main")
            for language in ("zh-Hans", "en"):
                if await page.locator(f"button[lang={language}]").count():
                    await desk.press(f"button[lang={language}]")
                seen = await page.evaluate(IN_ONE_LINE)
                if seen["high"] > HIGHEST or not seen["apart"] or seen["cut"]:
                    wrong.append((role, language, seen))
            rooms = [one for one in ROOMS if role in MAY[one.action]]
            assert await page.locator(".rooms li > a").count() == len(rooms)
            menu = page.locator(".rooms summary")
            if await menu.count():
                await menu.focus()
                await page.keyboard.press("Enter")
                await page.keyboard.press("Tab")
                async with page.expect_navigation():
                    await page.keyboard.press("Enter")
                assert await page.locator(".rooms summary.current").count() == 1
            assert desk.faults == []
    assert wrong == []
