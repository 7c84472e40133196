"""Somebody at the desk with a keyboard and nothing else; every stop on the way is looked at."""

from __future__ import annotations

from datetime import date
from typing import Any, Final, NamedTuple

from playwright.async_api import Page, TimeoutError

from tests.browser.window import Window

ANSWER_MS: Final = 10_000
FURTHEST: Final = 250
"""No page of the desk has more stops than that."""
_STOP: Final = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  // What lies unseen over its own picture is marked beside it.
  const marked = [one, one.nextElementSibling].some((each) => {
    if (!each) return false;
    const style = getComputedStyle(each);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  });
  const box = one.getBoundingClientRect();
  const inside = box.width > 0 && box.bottom > 0 && box.top < innerHeight;
  // Of what is cut off by a box that scrolls, or lies under what sticks, nothing can be seen.
  const x = Math.min(Math.max(box.left + box.width / 2, 0), innerWidth - 1);
  const y = Math.min(Math.max(box.top + box.height / 2, 0), innerHeight - 1);
  const top = document.elementFromPoint(x, y);
  const bare = !top || one.contains(top) || top.contains(one)
    || [...(one.labels || [])].some((each) => each.contains(top));
  const label = one.labels && one.labels.length ? one.labels[0] : one;
  const said = one.getAttribute("aria-label") || label.textContent;
  return {
    says: said.replace(/\\s+/g, " ").trim(), tag: one.tagName, id: one.id, marked, inside, bare,
    left: box.left + scrollX, top: box.top + scrollY, html: one.outerHTML.slice(0, 100),
  };
}"""
_ANSWERED: Final = "document.activeElement.matches('[role=status], [role=alert]')"


class Stop(NamedTuple):
    """What has the focus: what it says, whether it is seen to have it, and where it stands."""

    says: str
    tag: str
    id: str
    marked: bool
    inside: bool
    bare: bool
    left: float
    top: float
    html: str

    @property
    def is_seen(self) -> bool:
        """Whether whoever looks at the screen knows where they are."""
        return self.marked and self.inside and self.bare


async def stop_of(page: Page) -> Stop | None:
    """What has the focus now; None: nothing of the page."""
    found: dict[str, Any] | None = await page.evaluate(_STOP)
    return None if found is None else Stop(**found)


async def stops_of(page: Page) -> list[str]:
    """Go through all stops of a page until the browser's own come; the faults found."""
    faults: list[str] = []
    before: Stop | None = None
    await page.emulate_media(reduced_motion="reduce")  # What is still on its way is not seen.
    await page.evaluate("document.activeElement.blur()")
    for _ in range(FURTHEST):
        await page.keyboard.press("Tab")
        stop = await stop_of(page)
        if stop is None:
            return faults
        if not stop.is_seen:
            faults.append(f"{page.url}: not seen at {stop.html}")
        # The eye goes on to the right or down; it goes up only to begin a further column.
        if before is not None and stop.top < before.top - 40 and stop.left <= before.left:
            faults.append(f"{page.url}: goes back up from {before.html} to {stop.html}")
        before = stop
    return [*faults, f"{page.url}: the focus does not come out of it"]


class Keyboard:
    """Works a page as hands without a mouse do: from stop to stop, by Enter, Space and arrows."""

    def __init__(self, desk: Window) -> None:
        """Of this window."""
        self.desk, self.page, self.keys = desk, desk.page, desk.page.keyboard

    async def to(self, words: str, tag: str = "") -> Stop:
        """Go on until the stop (of such a tag) that says `words`; each on the way must be seen."""
        await self.page.emulate_media(reduced_motion="reduce")
        for _ in range(FURTHEST):
            await self.keys.press("Tab")
            stop = await stop_of(self.page)
            if stop is None:
                continue  # The browser's own bar: the next press comes back to the page.
            assert stop.is_seen, f"{self.page.url}: not seen at {stop.html}"
            if words in stop.says and tag in ("", stop.tag):
                return stop
        raise AssertionError(f"{self.page.url}: no stop says {words!r}")

    async def at(self) -> str:
        """What the stop says that has the focus now."""
        stop = await stop_of(self.page)
        assert stop is not None, f"{self.page.url}: nothing has the focus"
        return stop.says

    async def press(self, words: str, tag: str = "") -> None:
        """Go to what says `words`, press it, and wait for the page it leads to."""
        await self.to(words, tag)
        async with self.page.expect_navigation():
            await self.keys.press("Enter")

    async def unfold(self, words: str) -> None:
        """Open what is folded away under `words`."""
        await self.to(words, "SUMMARY")
        await self.keys.press("Enter")

    async def write(self, label: str, words: str) -> None:
        """Type into the field that is called so, over what it held."""
        await self.to(label)
        await self.keys.press("Control+a")
        await self.keys.type(words)

    async def day(self, label: str, day: date) -> None:
        """Type a day into a field for days, in the order Chromium asks for here."""
        await self.to(label)
        await self.keys.type(f"{day:%m%d%Y}")

    async def choose(self, label: str, words: str = "") -> str:
        """Go down a list of choices to the one that says `words`, else to the first there is."""
        await self.to(label)
        for _ in range(FURTHEST):
            await self.keys.press("ArrowDown")
            chosen: str = await self.page.evaluate(
                "document.activeElement.selectedOptions[0].textContent"
            )
            if words in chosen:
                return chosen.strip()
        raise AssertionError(f"{self.page.url}: {label} has no {words!r}")

    async def pick(self, group: str, words: str) -> None:
        """Take one of several: into the group by Tab, then by arrows to what says `words`."""
        stop: Stop | None = await self.to(group)
        for _ in range(FURTHEST):
            if stop is not None and words in stop.says:
                await self.keys.press("Space")
                return
            await self.keys.press("ArrowDown")
            stop = await stop_of(self.page)
        raise AssertionError(f"{self.page.url}: {group} has no {words!r}")

    async def told(self) -> str:
        """The sentence that answers what was done: it must have the focus."""
        try:
            await self.page.wait_for_function(f"() => {_ANSWERED}", timeout=ANSWER_MS)
        except TimeoutError:
            main = await self.page.inner_text("main")
            raise AssertionError(f"{self.page.url}: no answer: {main[:300]}") from None
        says: str = await self.page.evaluate("document.activeElement.textContent")
        return " ".join(says.split())
