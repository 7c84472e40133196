"""Heads of columns, as people write them, whatever their case, spaces, hyphens and language."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from pro_service.domain.tables.characters import HYPHENS, visible

_PARTS: Final = re.compile(r"[^\W\d_]+|\d+")
_ASIDE: Final = re.compile(r"[*:]+$")
_JOINED: Final = re.compile(rf"[\s_.{re.escape(HYPHENS)}()\[\]/'*:,、。]+")


def fold_head(head: str) -> str:
    """A head as it is compared: `Consent On`, `consent_on` and `CONSENT-ON` are the same.

    `PAIN_01` is `pain_1`; two numbers stay apart, so that `a_1_1` is not `a_11`.
    """
    shown = _ASIDE.sub("", visible(head)).casefold()
    folded = ""
    for part in _PARTS.findall(_JOINED.sub(" ", shown)):
        if part.isdecimal():
            part = str(int(part))
            folded += "_" if folded[-1:].isdecimal() else ""
        folded += part
    return folded


def known_heads(names: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Folded head -> column, of each column and its further names.

    A folded head that would mean two columns means none.
    """
    found: dict[str, str | None] = {}
    for column, others in names.items():
        for folded in {fold_head(one) for one in (column, *others)}:
            found[folded] = None if found.get(folded, column) != column else column
    return {folded: column for folded, column in found.items() if folded and column is not None}


def head_problems(heads: Sequence[str], columns: Sequence[str | None]) -> list[str]:
    """A line for each column that stands twice, with both heads; `columns` are what heads mean."""
    problems = []
    for column in dict.fromkeys(one for one in columns if one is not None):
        places = [number for number, one in enumerate(columns) if one == column]
        if len(places) > 1:
            named = " and ".join(
                f"{visible(heads[place])} (column {place + 1})" for place in places
            )
            problems.append(f"column {column} stands {len(places)} times: {named}. Keep one.")
    return problems


ENROLMENT_HEADS: Final[Mapping[str, tuple[str, ...]]] = {
    "code": (
        *("participant", "participant code", "participant id", "participant number"),
        *("编号", "受试者编号", "参与者编号", "参加者编号", "受试者代码", "受试者", "代码", "编码"),
    ),
    "site": ("site code", "centre", "center", "中心", "研究中心", "中心编号", "中心代码", "医院"),
    "phone": (
        *("telephone", "phone number", "mobile", "mobile phone", "mobile number"),
        *("电话", "手机", "手机号", "手机号码", "电话号码", "联系电话"),
    ),
    "language": ("lang", "语言", "语种"),
    "zone": ("time zone", "timezone", "tz", "时区"),
    "channel": (
        *("way", "answers by"),
        *("渠道", "方式", "答题方式", "作答方式", "接收方式", "联系方式"),
    ),
    "consent_version": (
        *("version of consent", "consent form version", "version of the consent form"),
        *("知情同意书版本", "知情同意版本", "同意书版本", "知情同意书版本号", "版本"),
    ),
    "consent_on": (
        *("consent date", "date of consent", "day of consent", "consented on", "consent signed on"),
        *("知情同意日期", "知情同意书日期", "知情同意签署日期"),
        *("签署知情同意的日期", "签署日期", "同意日期", "知情日期"),
    ),
    "messaging_consent": (
        *("consent to messages", "messages consent", "message consent", "texts consent"),
        "agreed to texts",
        *("同意接收短信", "短信同意", "同意短信", "是否同意接收短信", "是否同意短信"),
    ),
    "treated_knees": (
        *("treated knee", "knee", "knees", "side"),
        *("治疗膝", "治疗侧", "治疗膝关节", "治疗的膝", "患膝", "患侧"),
        *("侧别", "膝", "膝关节", "治疗膝侧"),
    ),
    "planned_injection_on": (
        *("planned injection", "planned injection date", "injection planned on"),
        "planned day of the injection",
        *("计划注射日期", "预计注射日期", "计划注射日", "拟注射日期", "计划注射时间"),
    ),
    "cross_border_consent": (
        *("consent to processing abroad", "cross border consent", "agrees to a provider abroad"),
        *("同意跨境处理", "跨境同意", "同意信息出境", "是否同意跨境处理", "同意由境外服务商处理"),
    ),
    "caregiver_consent": (
        *("consent to contacting others", "consent to a caregiver"),
        "agrees that others are contacted",
        *("同意联系家属", "家属联系同意", "是否同意联系家属", "同意与他人联系"),
    ),
    "year_of_birth": ("birth year", "year born", "出生年份", "出生年", "出生年度"),
}
"""What else the columns of an enrolment file are called; never a name that could be another's."""
