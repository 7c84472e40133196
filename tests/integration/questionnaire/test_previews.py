"""Whoever looks at a link before the participant does changes nothing and learns nothing."""

from __future__ import annotations

import aiohttp
import asyncpg
import pytest

from tests.support.seed import SeededParticipant, seed_link
from tests.support.web import counts, revision

ANDROID = "Mozilla/5.0 (Linux; Android 9; MI 8 Build/PKQ1.180729.001; wv) AppleWebKit/537.36"
BOTS = {
    "WhatsApp": "WhatsApp/2.23.20.0 A",
    "WeChat": f"{ANDROID} Version/4.0 Chrome/86.0.4240.99 MMWEBID/7 MicroMessenger/8.0.42.2460",
    "WeChat's checker": "Mozilla/5.0 (compatible; WeChatBot/1.0; +http://weixin.qq.com)",
    "Slack": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Facebook": "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "Google": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Android Messages": "Mozilla/5.0 (Linux; Android 11) Chrome/89 Google-PageRenderer",
    "iMessage": "Mozilla/5.0 (Macintosh) facebookexternalhit/1.1 Facebot Twitterbot/1.0",
    "Telegram": "TelegramBot (like TwitterBot)",
    "Outlook": "Mozilla/5.0 (Windows NT 10.0) Chrome/99 Edg/99 SafeLinks OneOutlook/1.2023",
    "Skype": "Mozilla/5.0 (Windows NT 6.1) SkypeUriPreview Preview/0.5",
}
AHEAD: tuple[dict[str, str], ...] = (
    {},
    {"Purpose": "prefetch"},
    {"Sec-Purpose": "prefetch;prerender"},
    {"X-Moz": "prefetch"},
    {"Range": "bytes=0-32767"},
)


@pytest.mark.parametrize("bot", BOTS)
async def test_a_preview_changes_nothing_sets_nothing_and_shows_nothing_personal(
    owner: asyncpg.Connection,
    participant: SeededParticipant,
    browser: aiohttp.ClientSession,
    bot: str,
) -> None:
    token = await seed_link(participant)
    before, at = await counts(owner), await revision(owner)
    for method in ("HEAD", "GET"):
        for more in AHEAD:
            headers = {"User-Agent": BOTS[bot], **more}
            async with browser.request(method, f"/q/{token}", headers=headers) as response:
                assert response.status == 200
                assert "Set-Cookie" not in response.headers
                assert "noindex" in response.headers["X-Robots-Tag"]
                page = await response.text()
            for word in ("knee", "Knee", participant.code, "og:", "pain"):
                assert word not in page
    assert (await counts(owner), await revision(owner)) == (before, at)
    async with browser.get(f"/q/{token}") as response:
        assert response.status == 200  # The participant still finds it as it was.


async def test_a_preview_cannot_open_a_link_without_sending_its_form(
    participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    token = await seed_link(participant)
    for path in (f"/q/{token}/open", "/q/language"):
        async with browser.get(path) as response:
            assert response.status in (404, 405)
            assert "Set-Cookie" not in response.headers
