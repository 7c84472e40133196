"""A browser window that notes what no page may do, and looks each page over."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, Literal

from axe_playwright_python.base import AXE_SCRIPT
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response

PHONE: Final = (390, 844)
DESKTOP: Final = (1280, 900)
NARROWEST: Final = (320, 640)
TARGET: Final = 48
"""Least height of what participants press, in CSS pixels."""
BETWEEN_TARGETS: Final = 8
LETTERS: Final = 18
"""Least size of participants' text, in CSS pixels."""
SCREENSHOTS: Final = Path(__file__).parents[2] / "screenshots"

Audience = Literal["participants", "staff"]

PATIENCE_MS: Final = 60_000
"""After so long what is waited for is taken never to come, however busy the machine is."""
DOUBLE_PRESS_MS: Final = 500
"""Presses on a page that has just changed and was not touched are taken for a double press."""

_TOUCHED: Final = """() => [...document.querySelectorAll("#answers input")].some((one) =>
    one.type === "text" ? one.value !== one.defaultValue : one.checked !== one.defaultChecked)"""
_NARROW: Final = """() => {
  const root = document.scrollingElement;
  if (root.scrollWidth <= root.clientWidth) return [];
  const wide = [...document.body.querySelectorAll("*")].filter(
    (one) => one.getBoundingClientRect().right > root.clientWidth + 0.5);
  const named = wide.slice(0, 3).map((one) => one.outerHTML.slice(0, 90));
  return [`${root.scrollWidth} px wide: ${named}`];
}"""
_INLINE: Final = """() => [...document.querySelectorAll("*")].filter((one) =>
    one.matches("style, script:not([src])")
    || [...one.attributes].some(({ name, value }) =>
      (name === "style" && value) || name.startsWith("on"))
  ).map((one) => one.outerHTML.slice(0, 120))"""
_SMALL_TEXT: Final = """(least) => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    const size = parseFloat(getComputedStyle(text.parentElement).fontSize);
    const words = text.data.trim().slice(0, 60);
    if (words && size < least) found.push(`${size} px: ${words}`);
  }
  return found;
}"""
_SMALL_TARGETS: Final = """([height, gap]) => {
  const pressed = "a[href], button, summary, select, textarea, label.key, label.choice, "
    + "input:not([type=hidden], .key input, .choice input)";
  const boxes = [...document.querySelectorAll(pressed)].filter((one) => !one.matches(".unseen"))
    .map((one) => ({ one, box: one.getBoundingClientRect() })).filter(({ box }) => box.width);
  const named = ({ one, box }) =>
    `${one.tagName.toLowerCase()} ${one.innerText.trim().slice(0, 40)} (${box.height} px)`;
  const low = boxes.filter(({ box }) => Math.min(box.width, box.height) < height - 0.5).map(named);
  const near = boxes.slice(1).flatMap((two, index) => boxes.slice(0, index + 1).filter((first) => {
    const across = Math.max(two.box.left - first.box.right, first.box.left - two.box.right);
    const down = Math.max(two.box.top - first.box.bottom, first.box.top - two.box.bottom);
    return Math.max(across, down) < gap - 0.5;
  }).map((first) => `${named(first)} and ${named(two)} are too close`));
  return [...low, ...near];
}"""
COLOURS_IN: Final = "en"
"""The language in whose pages axe looks at colours: they are the same in every other."""
_AXE: Final = """async ([options, strict]) => {
  const found = await axe.run(document, options);
  const nodes = (list, word) => list.flatMap((rule) => rule.nodes.map((node) =>
    `${word} ${rule.id} (${rule.impact}): ${node.target} ${node.html.slice(0, 120)} `
    + [...node.any, ...node.all, ...node.none].map((check) => check.message).join("; ")));
  const told = (node) => !document.querySelector(node.target[0]).closest("[aria-hidden=true]");
  const unsure = strict ? found.incomplete : [];
  const undecided = unsure.map((rule) => ({ ...rule, nodes: rule.nodes.filter(told) }));
  return [...nodes(found.violations, "axe"), ...nodes(undecided, "axe cannot tell")];
}"""


class Window:
    """One window with its page. `faults` gathers, by page, what was found wrong."""

    def __init__(
        self, context: BrowserContext, page: Page, base: str, *, scripts: bool = True
    ) -> None:
        """Listen from the first request on."""
        self.scripts = scripts
        self.context = context
        self.page = page
        self.base = base
        self.faults: list[str] = []
        self.requests: list[Request] = []
        context.on("request", self._on_request)
        context.on("response", self._on_response)
        context.on("console", self._on_console)
        context.on("weberror", lambda error: self.faults.append(f"page error: {error.error}"))

    async def go(self, path: str) -> None:
        """Open an address of the service."""
        await self.page.goto(self.base + path if path.startswith("/") else path)

    async def press(self, selector: str) -> None:
        """Press a button or link that leads to another page, and wait for that page."""
        async with self.page.expect_navigation():
            await self.page.locator(selector).first.click()

    async def press_on(self, selector: str) -> None:
        """Press what leads on: to another page, or with scripts to another content of this one."""
        page = self.page
        if not self.scripts:
            await self.press(selector)
            return
        if not await page.evaluate(_TOUCHED):
            await page.wait_for_timeout(DOUBLE_PRESS_MS)
        await page.evaluate("document.getElementById('page').dataset.before = 'yes'")
        await page.locator(selector).first.click()
        await page.wait_for_selector("#page:not([data-before])", state="attached")
        await page.wait_for_load_state()

    async def weight(self) -> int:
        """Bytes of everything that has come so far, heads included."""
        sizes = [await request.sizes() for request in self.requests]
        return sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes)

    async def look_over(self, name: str, audience: Audience) -> None:
        """Look at the page as it stands: by axe in both colour schemes, and as narrow as can be.

        For participants text and targets are large, contrast is 7:1, and axe must be sure of it.
        """
        page, mind = self.page, self._mind(name)
        mind(await page.evaluate(_INLINE), "inline")
        if audience == "participants":
            mind(await page.evaluate(_SMALL_TEXT, LETTERS), "small text")
            mind(await page.evaluate(_SMALL_TARGETS, [TARGET, BETWEEN_TARGETS]), "target")
        await page.evaluate(AXE_SCRIPT)
        strict = audience == "participants"
        coloured = await page.get_attribute("html", "lang") == COLOURS_IN
        rules = {"color-contrast": coloured, "color-contrast-enhanced": coloured and strict}
        options: dict[str, Any] = {
            "resultTypes": ["violations"],
            "preload": False,  # Only of media and turned screens would axe fetch the styles again.
            "rules": {rule: {"enabled": on} for rule, on in rules.items()},
        }
        mind(await page.evaluate(_AXE, [options, strict]), "light")
        await self._picture(name, PHONE)
        await page.emulate_media(color_scheme="dark")
        if coloured:
            # Only colours differ between the schemes.
            colours = options | {"runOnly": ["cat.color"]}
            mind(await page.evaluate(_AXE, [colours, strict]), "dark")
        await self._picture(f"{name}-dark", PHONE)
        await page.emulate_media(color_scheme="light")
        await self._picture(name, DESKTOP)
        await self._set_size(NARROWEST)
        mind(await page.evaluate(_NARROW), "scrolls sideways")
        await self._set_size(PHONE)

    def _mind(self, name: str) -> Any:
        def add(found: list[str], what: str) -> None:
            self.faults += [f"{name}: {what}: {one}" for one in found]

        return add

    async def _set_size(self, size: tuple[int, int]) -> None:
        await self.page.set_viewport_size({"width": size[0], "height": size[1]})

    async def _picture(self, name: str, size: tuple[int, int]) -> None:
        if not os.environ.get("PRO_SCREENSHOTS"):
            return
        await self._set_size(size)
        await self.page.screenshot(path=SCREENSHOTS / f"{name}-{size[0]}.png", full_page=True)

    def _on_request(self, request: Request) -> None:
        self.requests.append(request)
        if not request.url.startswith(f"{self.base}/"):
            self.faults.append(f"{self.page.url}: asks another host: {request.url}")

    def _on_response(self, response: Response) -> None:
        """Every answer carries a policy without exceptions, redirects and style sheets too."""
        policy = response.headers.get("content-security-policy", "")
        parts = dict(part.strip().partition(" ")[::2] for part in policy.split(";"))
        needed = {"default-src", "form-action", "base-uri", "frame-ancestors"}
        strict = needed <= parts.keys() and parts["default-src"] == "'none'"
        if not strict or not set(parts.values()) <= {"'none'", "'self'"}:
            self.faults.append(f"{response.url}: weak policy: {policy!r}")

    def _on_console(self, message: ConsoleMessage) -> None:
        """Anything said there is a fault, but for the status of a page that is meant to have it."""
        own_status = "Failed to load resource" in message.text and (
            message.location["url"].partition("?")[0] == self.page.url.partition("?")[0]
        )
        if message.type in ("error", "warning") and not own_status:
            self.faults.append(f"{self.page.url}: console: {message.text}")


@asynccontextmanager
async def open_window(chromium: Browser, base: str, **options: Any) -> AsyncIterator[Window]:
    """A window the size of a phone, unless `options` say otherwise."""
    size = {"width": PHONE[0], "height": PHONE[1]}
    context = await chromium.new_context(**{"viewport": size, "locale": "en-GB"} | options)
    context.set_default_timeout(PATIENCE_MS)
    try:
        scripts = bool(options.get("java_script_enabled", True))
        yield Window(context, await context.new_page(), base.rstrip("/"), scripts=scripts)
    finally:
        await context.close()
