"""What telephones and habits put around a reply: signatures, "Re:", 【name】, "回复".

Taken off before a text is read, so that "7" above "Sent from my iPhone" is 7. Only what is listed
goes, as a whole line or at an end of the text; what might say something itself stays, and the text
is asked again. Works on folded text (`scan.fold`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from pro_service.domain.instruments.model import Language

_MODEL = (
    r"(?:[ -]*(?:pro|max|plus|mini|ultra|lite|note|se|xs|xr|x|air|fold|flip|edge|mate|nova|reno"
    r"|find|smart ?phones?|phones?|mobile|tablet|device|android|ios|5g|4g|lte"
    r"|[a-z]{0,4}\d{1,4}[a-z]{0,2}|手机|客户端|版|平板|電話|手機))*"
)
_BRANDS = (
    r"(?:iphone|ipad|ipod|apple|samsung|galaxy|android|huawei|honou?r|xiaomi|redmi|mi|oppo|vivo"
    r"|one ?plus|realme|nokia|google pixel|pixel|motorola|moto|lg|sony|xperia|htc|zte|meizu"
    r"|blackberry|windows phone|mobile|smart ?phone|cell ?phone|phone|tablet|device|苹果|蘋果|华为"
    r"|華為|荣耀|榮耀|小米|红米|紅米|三星|魅族|一加|联想|聯想|中兴|中興|手机|手機|安卓|平板|移动设备"
    r"|老人机)"
)
_MAILERS = (
    r"(?:outlook|gmail|yahoo(?: mail)?|mail|aol|icloud|proton ?mail|wechat|qq|verizon|t-mobile|at&t"
    r"|qq邮箱|手机qq邮箱|网易邮箱大师|网易邮箱|foxmail|微信)"
)
SIGNATURES: Final[Mapping[Language, tuple[str, ...]]] = {
    "en": (
        rf"sent (?:from|via|using|with|by) (?:my |the |a )?(?:{_BRANDS}[ ,]*)+{_MODEL}",
        rf"sent (?:from|via|using|with) (?:my )?{_MAILERS}(?: (?:for|on) (?:[a-z]+ ?){{1,2}})?"
        rf"{_MODEL}",
        r"get outlook for (?:ios|android|mac)",
    ),
    "zh_CN": (
        r"(?:来自|來自|发自|發自|发送自|傳送自|由|从|從)(?:我的?|於我的)? ?"
        rf"(?:{_BRANDS} ?)+{_MODEL}"
        r" ?(?:发送|發送|傳送|发出|寄出)?",
        rf"(?:来自|發自|发自|发送自)(?:我的)? ?{_MAILERS}{_MODEL}",
    ),
}
"""Signatures that telephones and mail programs add by themselves, folded; each a whole line."""

PREFIXES: Final[Mapping[Language, tuple[str, ...]]] = {
    "en": (r"(?:re|fwd?|a|ans|answer|my answer|reply|my reply|response) ?: *",),
    "zh_CN": (r"(?:回复|回復|答复|答覆|答案是|答案|回答) ?[:,]? *", r"[答复回] ?: *"),
}
"""What some write before an answer. A number of the question ("第1题") is none: it stays."""

_TELLING: Final = re.compile(r"[\d不没無无有冇唔疼痛轻輕重中严嚴是否好坏停退]")
"""A name in brackets with one of these may be an answer, or a denial of one."""
_BRACKETED: Final = re.compile(r"【([^【】\n]{1,20})】")
_BRACKETED_AT_END: Final = re.compile(_BRACKETED.pattern + r"\Z")
_RULE: Final = re.compile(r"\s*[-–—_=*]{2,}\s*")
_SIGNATURE: Final = re.compile(
    "(?:" + "|".join(one for all_of in SIGNATURES.values() for one in all_of) + r")[ .!。]*"
)
_AT_END: Final = re.compile(rf"(?s:(.*?))[ ,;.。、-]+{_SIGNATURE.pattern}")
_PREFIX: Final = re.compile("|".join(one for all_of in PREFIXES.values() for one in all_of))


def unframed(folded: str) -> str:
    """Return folded text without listed signatures, prefixes and names in brackets."""
    if folded.isdecimal():
        return folded  # What nearly every text is.
    text = _without_signature(folded)
    previous = None
    while text != previous:
        previous = text
        text = _without_name(text).strip()
        if match := _PREFIX.match(text):
            text = text[match.end() :].lstrip()
    return text


def _without_signature(folded: str) -> str:
    lines = folded.split("\n")
    kept = [line for line in lines if not _SIGNATURE.fullmatch(line.strip())]
    if len(kept) < len(lines):
        kept = [line for line in kept if not _RULE.fullmatch(line)]
    text = "\n".join(kept).strip()
    match = _AT_END.fullmatch(text)
    return text if match is None else match[1].strip()


def _without_name(text: str) -> str:
    """Take off 【name】 from either end."""
    first = _BRACKETED.match(text)
    if first is not None and not _TELLING.search(first[1]):
        text = text[first.end() :]
    last = _BRACKETED_AT_END.search(text)
    if last is not None and not _TELLING.search(last[1]):
        text = text[: last.start()]
    return text
