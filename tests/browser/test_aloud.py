"""Questions read aloud by a voice that is on the telephone, and by no other."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.answering import MAIN, begin, link_in
from tests.browser.conftest import Newcomer, OpenWindow
from tests.browser.window import Window
from tests.support.study import Trial

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]

BUTTON = "button.aloud"
STUB = """
(() => {
  const voices = %s;
  window.spoken = [];
  window.cancelled = 0;
  const stub = {
    getVoices: () => voices,
    speak: (words) => { window.spoken.push([words.voice.name, words.text]); window.last = words; },
    cancel: () => { window.cancelled += 1; },
    addEventListener: (kind, listener) => { window.tellVoices = listener; },
  };
  Object.defineProperty(window, "speechSynthesis", { value: stub, configurable: true });
  window.SpeechSynthesisUtterance = function (text) { this.text = text; };
  window.addVoice = (voice) => { voices.push(voice); window.tellVoices(); };
})();
"""


def voice(name: str, lang: str, *, local: bool = True) -> dict[str, Any]:
    """A voice as a browser lists it."""
    return {"name": name, "lang": lang, "localService": local}


async def at_a_question(crowd: Trial, phone: Window, code: str, *voices: dict[str, Any]) -> None:
    """At the first question, on a telephone with these voices."""
    await phone.page.add_init_script(STUB % json.dumps(voices))
    await phone.go(await link_in(await crowd.texts(code)))
    await begin(phone)


@pytest.mark.parametrize(
    ("language", "locale", "lang", "words"),
    [
        ("en", "en-GB", "en-US", ("Your left knee", "Walking on level ground", "Read aloud")),
        ("zh_CN", "zh-CN", "zh_CN", ("左膝", "", "朗读")),
    ],
)
async def test_a_voice_on_the_telephone_reads_the_question(
    crowd: Trial,
    newcomer: Newcomer,
    window: OpenWindow,
    language: str,
    locale: str,
    lang: str,
    words: tuple[str, ...],
) -> None:
    async with window(crowd.context.public_url, locale=locale) as phone:
        page = phone.page
        far = voice("far", lang, local=False)
        await at_a_question(
            crowd, phone, newcomer(language), far, voice("near", lang), voice("fr", "fr-FR")
        )
        button = page.locator(BUTTON).first
        await expect(button).to_contain_text(words[2])
        await phone.look_over(f"aloud-{language}", "participants")
        await button.click()
        ((name, text),) = await page.evaluate("window.spoken")
        assert name == "near"
        assert words[0] in text
        assert words[1].lower() in text.lower()
        # Pressed again it stops; and so it does when the next screen is shown.
        await button.click()
        assert await page.evaluate("window.spoken.length") == 1
        assert await page.evaluate("window.cancelled") >= 2
        await expect(button).to_contain_text(words[2])
        assert phone.faults == [], "\n".join(phone.faults)


async def test_without_a_voice_of_its_own_there_is_no_button(
    crowd: Trial, newcomer: Newcomer, window: OpenWindow
) -> None:
    async with window(crowd.context.public_url, locale="en-GB") as phone:
        others = (voice("far", "en-GB", local=False), voice("zh", "zh-CN"))
        await at_a_question(crowd, phone, newcomer("en"), *others)
        assert await phone.page.locator(BUTTON).count() == 0
        # A voice that is known a moment later brings it.
        await phone.page.evaluate(f"addVoice({json.dumps(voice('late', 'en-GB'))})")
        assert await phone.page.locator(BUTTON).count() > 0


async def test_nothing_is_read_by_itself_and_the_next_screen_is_silent(
    crowd: Trial, newcomer: Newcomer, window: OpenWindow
) -> None:
    async with window(crowd.context.public_url, locale="en-GB") as phone:
        page = phone.page
        await at_a_question(crowd, phone, newcomer("en"), voice("near", "en-GB"))
        assert await page.evaluate("window.spoken") == []
        await page.locator(BUTTON).first.click()
        before = await page.evaluate("window.cancelled")
        await phone.press_on(MAIN)
        assert await page.evaluate("window.cancelled") > before
        assert await page.evaluate("window.spoken.length") == 1
        await page.evaluate("window.last.onend()")
        assert await page.locator(BUTTON).count() > 0


async def test_without_scripts_the_page_is_as_ever(
    crowd: Trial, newcomer: Newcomer, window: OpenWindow
) -> None:
    async with window(crowd.context.public_url, java_script_enabled=False) as phone:
        await phone.go(await link_in(await crowd.texts(newcomer("en"))))
        await begin(phone)
        assert await phone.page.locator(BUTTON).count() == 0
        assert await phone.page.locator("#answers fieldset").count() > 0
