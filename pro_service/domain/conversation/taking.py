"""Whether a text holds the answer to the question that was open, for staff to take (rule R7).

The parser decides and nobody interprets: there is exactly one number, in the question's range, in
a clause that speaks of nothing else, and no word of the text denies or compares it. A word of a
choice is never taken out of a sentence: "no pain at night" is no answer to "how bad is your pain".
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final, NamedTuple

from pro_service.domain.conversation import words
from pro_service.domain.conversation.framing import unframed
from pro_service.domain.conversation.reply import understand
from pro_service.domain.conversation.scan import Token, fold, scan
from pro_service.domain.instruments.model import Item
from pro_service.domain.instruments.numbers import Value

_CHANGES: Final = re.compile(
    r"\b(?:not|no|never|nor|without|isn't|wasn't|don't|didn't|can't|more|less|over|under|above"
    r"|below|beyond|than|but|except|instead|yesterday|tomorrow|last|before|earlier|ago|if"
    r"|when it was"
    r"|maybe|perhaps|between|almost|nearly|up to|at least|at most|was|were|sometimes|usually"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)days?|january|february|april|june|july|august"
    r"|september|october|november|december)\b"
    r"|不|没|别|非|无|超过|以上|以下|多于|少于|比|但|可是|除了|昨|明天|前|如果|要是|可能|也许"
    r"|大概|左右"
    r"|(?:星期|周|週|礼拜|禮拜)[一二三四五六日天末]|希望|有时"
)
"""Words that deny, compare, doubt or speak of another time, a weekday's name among them."""
_WEEKDAY: Final = re.compile("(?:星期|周|週|礼拜|禮拜)[一二三四五六日天末]")
"""A day of the week is no number, though it is written with one."""
_IDIOMS: Final = re.compile(
    "不错|不好意思|对不起|對不起|不客气|没事|没关系|没问题|非常|特别|比较|目前|一点儿?|一下"
    "|一会儿?|一样|一直|一起"
    "|一定|一切|一家"
)
"""What says neither a number nor a denial, though its characters do elsewhere."""
_COUNTED: Final = re.compile(
    r"^(?:pills?|tablets?|capsules?|drops?|times?|days?|nights?|weeks?|months?|years?|hours?|hrs?"
    r"|minutes?|mins?|o'clock|am|pm|a\.m|p\.m|mg|ml|g|kg|km|miles?|metres?|meters?|steps?|stairs?"
    r"|floors?|people|knees?|percent|degrees?|st|nd|rd|th)\b"
    r"|^(?:[片粒颗天日周月年次点时秒米里公斤克楼层级步个人岁度号膝位针杯路站条倍]|分钟)"
)
"""What follows a number that counts something else than points."""
_CLAUSE: Final = re.compile(r"[,;!\n、。()]+|\.(?!\d)")
_ANSWERING: Final = (
    "nurse nurses sir madam team walking walk while stairs going up down on standing"
    " sitting resting lying in right left leg legs side put write for that with be an only"
    " well really bad very quite little bit sore terrible here this so good rate of say and"
)
_SPOKEN: Final = (
    "疼得很厉害 疼得厉害 疼死了 疼得 厉害 膝盖 走平路 走路 上楼梯 下楼梯 爬楼梯 上楼 下楼"
    " 爬楼 楼梯 平路 坐着 躺着 站着 休息 的时候 时候 左膝盖 右膝盖 左膝 右膝 左边 右边 左"
    " 右 那边 边 这会儿 现在 目前 今天 有点累 有点 有些 很 挺 好多 只有 就 才 护士 医生"
    " 大夫 老师 阿姨 早上好 您好 你好 麻烦 谢谢 记一下 记 写 填 选 给 打 我 您 是 答案 回答"
    " 疼痛 程度 评分 疼 痛 累 腿 膝 觉得 感觉 这 算 的 了 吧 啊 呢 请 辛苦 关心 您忙 王 李"
    " 张 刘 陈 杨 赵 黄 周 吴"
)


def _beside() -> re.Pattern[str]:
    """What a clause may hold beside its number: words of the parser's tables, and those above."""
    tables = words.TOPICS | words.HEDGES | words.FILLERS | words.COURTESIES
    known = {one for one in tables if one.isascii()} - {"maybe", "probably"} | {"call it"}
    english = "|".join(sorted(known | set(_ANSWERING.split()), key=len, reverse=True))
    return re.compile(rf"(?:[\s:='\"]|\b(?:{english})\b|{'|'.join(_SPOKEN.split())})*")


_BESIDE: Final = _beside()
"""Whoever answers, how, and where it hurts."""


class NotOne(StrEnum):
    """Why a text is not taken as the answer."""

    no_number = "no_number"
    several = "several"
    """More than one number, or one that may be read in two ways."""
    out_of_range = "out_of_range"
    changed = "changed"
    """Words deny it, compare it, or speak of another time."""
    counted = "counted"
    """The number counts something else."""
    among = "among"
    """Beside the number stand words that may speak of something else."""


class Found(NamedTuple):
    """The one value a text holds, or None and why not."""

    value: Value | None
    why_not: NotOne | None


def one_value(item: Item, text: str) -> Found:
    """Return the one value of `item` in a text of whatever words, if there is exactly one.

    The number stands in a clause of its own, or among words that speak of the answer alone; what
    the other clauses say is free, but for a second number and whatever may change the first.
    """
    folded = unframed(fold(text))
    alone = understand(item, folded)
    if alone.value is not None:
        return Found(alone.value, None)
    plain = _IDIOMS.sub(" ", folded)
    changes = _CHANGES.search(plain) is not None
    clauses = [scan((item,), one) for one in _CLAUSE.split(_WEEKDAY.sub(" ", plain)) if one.strip()]
    numbered = [one for one in clauses if _numbers(one)]
    if (
        len(numbered) > 1
        or any(len(_numbers(one)) > 1 for one in numbered)
        or any(one.kind == "malformed" for clause in clauses for one in clause)
    ):
        return Found(None, NotOne.several)
    if not numbered:
        return Found(None, NotOne.no_number)
    return Found(None, NotOne.changed) if changes else _in_clause(item, numbered[0])


def _in_clause(item: Item, tokens: tuple[Token, ...]) -> Found:
    """The value in the one clause that holds a number."""
    alone = understand(item, "".join(one.text for one in tokens))
    if alone.value is not None:
        return Found(alone.value, None)
    if any(one.kind in {"connector", "sign"} for one in tokens):
        return Found(None, NotOne.several)
    place = _numbers(tokens)[0]
    token = tokens[place]
    if _glued(tokens, place) or _COUNTED.match(_rest(tokens, place)):
        return Found(None, NotOne.counted)
    said = f"{token.value}/{token.of}" if token.kind == "ratio" else str(token.value)
    value = understand(item, said).value
    if value is None:
        return Found(None, NotOne.out_of_range)
    beside = "".join(
        " " if at == place or one.kind == "unit" else one.text for at, one in enumerate(tokens)
    )
    return Found(value, None) if _BESIDE.fullmatch(beside) else Found(None, NotOne.among)


def _numbers(tokens: tuple[Token, ...]) -> list[int]:
    return [place for place, one in enumerate(tokens) if one.kind in {"number", "ratio"}]


def _rest(tokens: tuple[Token, ...], place: int) -> str:
    return "".join(one.text for one in tokens[place + 1 :]).strip(" ,.")


def _glued(tokens: tuple[Token, ...], place: int) -> bool:
    """Whether letters run into the number ("4x", "l4"), or a Chinese numeral may be a word."""
    token = tokens[place]
    if not token.text.isascii() and token.kind == "number":
        return True
    before = tokens[place - 1] if place else None
    after = tokens[place + 1] if place + 1 < len(tokens) else None
    return any(
        one is not None and one.kind == "word" and one.text.isascii() for one in (before, after)
    )
