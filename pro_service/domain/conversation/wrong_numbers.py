"""Words that tell that a text has come to somebody else: "wrong number", 打错了, 我不认识你.

Read clause by clause, and whole clauses only: "I pressed the wrong number" and "not me, my wife"
are no such words. Two or three of them (打错了, 发错了) may also mean the writer's own slip, which
an answer given just before tells; `is_own_slip` decides.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final

from pro_service.domain.conversation.scan import fold

SLIP_LASTS: Final = timedelta(minutes=15)
"""So long after an answer 打错了 may still mean that the answer was mistyped."""

_CLAUSE_END = re.compile(r"[.!?;,:。、~()\n]+")
_LEAD_EN = (
    r"(?:(?:sorry|hi|hello|hey|no|ok|okay|well|but|and|excuse me|pardon)\s+)*"
    r"(?:(?:i (?:think|believe|guess|am afraid)|i'm afraid|it (?:looks|seems) like|maybe|perhaps"
    r"|probably)\s+(?:that\s+)?)?"
)
_TAIL_EN = r"(?:\s+(?:sorry|mate|pal|sir|madam|thanks|thank you|here|for (?:this|that)))*"
_WHO_EN = (
    r"(?:number|phone number|mobile number|telephone number|phone|person|man|woman|guy|lady|one"
    r"|recipient|contact|people)"
)
_TITLED = r"(?:mr|mrs|ms|miss|dr)(?: [a-z'-]+){1,3}"
_WRONG_EN = re.compile(
    _LEAD_EN + r"(?:"
    rf"(?:(?:you(?:'ve| have)?(?: got| have| must have| might have)?|you're texting"
    rf"|you are texting|you (?:have )?(?:texted|reached|called|dialled|dialed|messaged)"
    rf"|this is|that is|that's|it is|it's|this)\s+)?(?:the |a |to the )?wrong {_WHO_EN}"
    r"|(?:there is |there's )?(?:no one|nobody|no-one) (?:by|of|with) (?:that|this) name"
    r"(?: (?:here|at this number|lives here))?"
    r"|(?:i am not|i'm not|this is not|this isn't|that's not) " + _TITLED + r""
    r"|(?:i|we) (?:(?:just|only) |have (?:just )?)?(?:got|bought|have) this (?:phone )?number"
    r" (?:recently|last (?:week|month|year)|(?:a few|some) (?:days|weeks|months) ago|yesterday|now)"
    r"|(?:i|we) (?:just|only just|recently) (?:got|bought) this (?:phone )?number"
    r"|this (?:phone |mobile )?number (?:is no longer|isn't|is not) (?:his|hers|theirs)"
    r"|this (?:phone |mobile )?number (?:no longer belongs|doesn't belong|does not belong) to"
    r" (?:him|her|them|" + _TITLED + r")"
    r")" + _TAIL_EN
)
_LEAD_ZH = r"(?:不好意思|对不起|抱歉|你好|您好|喂|哎|我想|我觉得|可能|应该|好像|是不是|恐怕)*"
_TAIL_ZH = r"(?:了|吧|啊|呀|哦|呢|啦|哈|喔|的)*"
_THEM = r"(?:你们?|您们?|贵方|这边)"
_WRONG_ZH = re.compile(
    _LEAD_ZH + r"(?:"
    rf"{_THEM}?(?:是)?(?:都)?(?:打|发|拨|找|认|弄|搞|记|存|填|联系)错(?:了)?"
    r"(?:人|号码?|电话(?:号码?)?|手机号?|对象|地方)"
    rf"|{_THEM}(?:是)?(?:都)?(?:打|发|拨|找|认)错"
    r"|(?:打|发)错"
    r"|(?:这个?)?(?:手机|电话)?(?:号码?|电话)(?:是)?(?:错|不对|打错|写错|搞错)(?:误)?"
    r"|(?:不是|并非|非)本人"
    r"|我(?:不是|并非)(?:他|她|本人|[\u4e00-\u9fff]{1,4}(?:先生|女士|小姐|老师|师傅|阿姨|大爷|大妈))"
    r"|(?:查无此人|(?:这里|我们?这里?|我家)?没有?(?:这个|此|你们?找的|您找的)人)"
    r"|(?:这个?|此|该)?(?:手机|电话)?号码?(?:已经?|早就?)?(?:换人|换主人|换机主|易主|不是(?:他|她)的)"
    r"|(?:机主|号主)(?:已经?|早就?)?(?:换人?|变)"
    r"|(?:这|这个)(?:是)?我?(?:新|刚)(?:办|买|换|申请)的(?:号码?|手机号|卡)"
    r")" + _TAIL_ZH
)
_STRANGE_EN = re.compile(
    _LEAD_EN + r"(?:(?:it's|it is|that's|that is|this is|it isn't|this isn't|that isn't)?\s*not me"
    r"|(?:it|this|that) isn't me|i (?:don't|do not|dont) know (?:you|any of you|you people))"
    + _TAIL_EN
)
_STRANGE_ZH = re.compile(
    _LEAD_ZH + rf"(?:我?(?:不|并不|都不)认(?:识|得){_THEM}|(?:这|那)?(?:不是|并非)我)" + _TAIL_ZH
)
"""Words that tell it only where nothing else is said: "not me, my wife" tells something else."""
_NO_MORE = re.compile(
    r"\b(?:stop|remove|delete|unsubscribe|don't text|do not text)\b|退订|[别勿].{0,4}发|不要"
)
_TITLE = re.compile(r"\b(mr|mrs|ms|dr)\.")
_SLIP = re.compile(_LEAD_ZH + r"(?:打|发)错" + _TAIL_ZH)
_POLITE = re.compile(
    r"(?:(?:sorry|so sorry|hi|hello|hey|thanks|thank you|no|ok|okay|no worries|please|bye)\s*)+"
    r"|(?:不好意思|对不起|抱歉|你好|您好|谢谢|喂|再见|麻烦了|打扰了|没关系)+(?:了|啊|哦)?"
)
_MEANT = re.compile(r"\d|\bmeant?\b|\bshould be\b|应该是|我?(?:想|要)(?:选|打|发|说|回)|改成|改为")
"""Whoever says what it should have been corrects an answer."""


def says_wrong_number(text: str) -> bool:
    """Tell whether a text says that it came to somebody whom we do not mean."""
    clauses = _clauses(text)
    if any(_MEANT.search(clause) for clause in clauses):
        return False
    if any(_is_wrong(clause) for clause in clauses):
        return True
    strange = [one for one in clauses if not (_POLITE.fullmatch(one) or _NO_MORE.search(one))]
    return bool(strange) and all(_is_strange(clause) for clause in strange)


def says_more_than_wrong_number(text: str) -> bool:
    """Tell whether such a text says something else too, which somebody must read."""
    return not all(
        _is_wrong(one) or _is_strange(one) or _POLITE.fullmatch(one) or _NO_MORE.search(one)
        for one in _clauses(text)
    )


def may_be_own_slip(text: str) -> bool:
    """Tell whether the words may mean a mistyped answer as well: 打错了, 发错了."""
    telling = [one for one in _clauses(text) if _is_wrong(one)]
    return bool(telling) and all(_SLIP.fullmatch(one) for one in telling)


def is_own_slip(text: str, answered_at: datetime | None, now: datetime) -> bool:
    """Tell whether such words mean the answer given just before: at `answered_at`, None: never."""
    if answered_at is None or not may_be_own_slip(text):
        return False
    return now - answered_at <= SLIP_LASTS


def _is_wrong(clause: str) -> bool:
    joined = clause.replace(" ", "")
    return bool(_WRONG_EN.fullmatch(clause) or _WRONG_ZH.fullmatch(joined))


def _is_strange(clause: str) -> bool:
    return bool(_STRANGE_EN.fullmatch(clause) or _STRANGE_ZH.fullmatch(clause.replace(" ", "")))


def _clauses(text: str) -> list[str]:
    flat = _TITLE.sub(r"\1", re.sub(r"[^\S\n]+", " ", fold(text)))
    return [one for one in (each.strip(" '\"“”-") for each in _CLAUSE_END.split(flat)) if one]
