"""Words a reply may be made of, as tables. Everything here is folded: NFKC, lower case.

A word in none of these tables is unknown, and a reply with an unknown word is never taken for a
value: the tables grow only with words that cannot turn one answer into another ("not", "left",
"days" must stay out).
"""

from __future__ import annotations

UNITS_OF_SPEECH: dict[str, int] = {
    "zero": 0,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
}
TEENS: dict[str, int] = {
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
    "thirteen": 13,
    "fourteen": 14,
    "fifteen": 15,
    "sixteen": 16,
    "seventeen": 17,
    "eighteen": 18,
    "nineteen": 19,
}
TENS: dict[str, int] = {
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
}

CHINESE_DIGITS: dict[str, int] = {
    "零": 0,
    "〇": 0,
    "一": 1,
    "壹": 1,
    "二": 2,
    "两": 2,
    "兩": 2,
    "贰": 2,
    "三": 3,
    "叁": 3,
    "四": 4,
    "肆": 4,
    "五": 5,
    "伍": 5,
    "六": 6,
    "陆": 6,
    "七": 7,
    "柒": 7,
    "八": 8,
    "捌": 8,
    "九": 9,
    "玖": 9,
}
CHINESE_TENS = "十拾"
CHINESE_HUNDREDS = "百佰"


def _set(spaced: str) -> frozenset[str]:
    return frozenset(spaced.split())


POINT_WORDS = frozenset({"分", "级", "point", "points", "pts"})
"""May follow the number of any item, with or without a space."""

UNIT_WORDS: dict[str, frozenset[str]] = {"mm": frozenset({"mm", "millimetres", "毫米"})}
"""What a unit of measure may be called in a reply, by the item's `unit`."""

COURTESIES = _set(
    "thanks thank you hi hello hey dear doctor please 谢谢 多谢 您好 你好 医生 大夫 请 的 "
    "嗯 哦 啊 吧 呢 啦 呀 哈 早上好 上午好 中午好 下午好 晚上好 收到"
)
"""Politeness: says nothing about the knee, so alone it needs nobody to read it."""

STATES = _set("ok okay 好 好的")
"""Politeness too, but "no ok" and "没好" deny it: never beside a choice's word."""

PARTICLES = _set("的 吧 啊 呢 啦 呀 哈 谢谢 多谢")
"""What may follow a Chinese choice word without a pause: "没有的", but not "没有好"."""

TOPICS = _set("pain knee level score number rating 疼 痛 疼痛 膝 膝盖 程度 疼痛程度 评分")
"""What is asked about. A no to one of several signs ("no pain") is no answer to all of them."""

PLACES = _set("knee 膝 膝盖")
"""Those of the topics that may stand beside the words of an anchor."""

HEDGES = _set(
    "about around approximately roughly maybe probably guess feel today now currently just "
    "大概 大约 约 左右 差不多 可能 应该 感觉 觉得 现在 今天 目前"
)
"""May stand beside a number; not beside a choice's word ("today no")."""

FILLERS = _set(
    "a an the i i'd i'm i'll it it's its is was my me would say think give answer 我 我的 "
    "是 选 选择 就 算 给 打 答 答案 回答"
)
"""May stand beside one answer without changing it."""

CONNECTORS = _set("or to and between from 或 或者 到 至 和 还是 与 半 half")
"""Join two numbers. A reply with one is asked again, but is no message for somebody to read."""

KINDLY_EMOJI = frozenset("🙂😀😃😄😁😊☺🙏👌👍🌹❤")
"""Decoration beside a number; alone it is no answer."""
