"""Replies that are instructions, not answers: back, skip, later, pause, help, stop; and reactions.

STOP and START wordings follow what carriers act on (Twilio: STOP, UNSUBSCRIBE, END, CANCEL, QUIT,
STOPALL; START, UNSTOP) and go further: a wish to hear no more counts in any reasonable wording.
"""

from __future__ import annotations

import re
from enum import StrEnum

from pro_service.domain.conversation.framing import unframed
from pro_service.domain.conversation.scan import fold
from pro_service.domain.conversation.wrong_numbers import says_wrong_number


class Command(StrEnum):
    """What a text asks for, when it asks for something instead of answering."""

    back = "back"
    skip = "skip"
    not_applicable = "not_applicable"
    link = "link"
    send = "send"
    """Send what was answered before and never sent."""
    unwell = "unwell"
    """Something is wrong: the safety checklist opens."""
    help = "help"
    stop = "stop"
    start = "start"
    pause = "pause"
    go_on = "go_on"
    later = "later"
    in_person = "in_person"
    with_reader = "with_reader"
    reaction = "reaction"
    wrong_number = "wrong_number"
    """The text came to somebody whom we do not mean."""


def _phrases(lines: str) -> frozenset[str]:
    return frozenset(phrase.strip() for phrase in lines.replace("\n", "|").split("|")) - {""}


_EXACT: dict[Command, frozenset[str]] = {
    Command.stop: _phrases(
        """stop|stopall|stop all|unsubscribe|end|cancel|quit|revoke|optout|opt out|opt-out
        stop it|stop this|i said stop|stop already|end it|unsub|s t o p|stpo|sotp
        stop now|stop texts|stop messages|leave me alone
        退订|退訂|停止|停|停下|取消|取消订阅|退出|结束|拒收|勿扰|停发|td|t|tdhf"""
    ),
    Command.start: _phrases(
        """start|unstop|restart|resume|subscribe|start again|opt in|start texting me
        start texting me again|恢复|恢復|开始|重新开始|恢复短信|恢复发送|重新订阅|订阅|恢复订阅"""
    ),
    Command.help: _phrases(
        """help|info|?|how do i answer|how do i reply|what do i do|how does this work|instructions
        帮助|幫助|说明|使用说明|怎么回答|怎么回复|怎么回|怎么填|如何回答|如何回复"""
    ),
    Command.pause: _phrases(
        """pause|pause it|pause texts|pause the texts|pause reminders|take a break
        暂停|暫停|暂停一下|先暂停|暂停短信|暂停提醒|暂停提问|暂停问卷|暂停发送"""
    ),
    Command.go_on: _phrases(
        """continue|go on|carry on|end pause|end the pause|stop the pause|stop pause|unpause
        继续|繼續|请继续|继续吧|结束暂停|取消暂停|停止暂停"""
    ),
    Command.later: _phrases(
        """later|later on|ask later|ask me later|ask again later|remind me later|maybe later|not now
        i'm busy|im busy|i am busy|busy|busy now|another time|tonight|this evening|in the evening
        稍后|稍後|稍后再说|稍后回复|稍后回答|稍后再答|晚点|晚點|晚一点|晚些|晚些时候|晚点再说|晚点回复|晚点再问
        等一下|等下|等会|等会儿|等一会|等一会儿|过一会|过会儿|一会儿|一会再说|以后再说|再说吧|现在没空|没空
        在忙|我在忙|现在忙|忙|晚上再说|晚上再问|明天再说"""
    ),
    Command.in_person: _phrases("self|myself|in person|本人|我本人|本人回答|参与者本人"),
    Command.with_reader: _phrases("reader|with a reader|代读|代读代填|帮忙代读"),
    Command.back: _phrases(
        """back|go back|previous|previous question|previous one|undo|change|change answer
        change my answer|wrong|mistake|my mistake|wrong answer|i made a mistake|i mistyped|typo
        i pressed the wrong number|i typed the wrong number|i sent the wrong number
        返回|上一题|上一步|上一个|上一条|后退|回去|改|更正|修改|改一下|错了|答错了|我答错了|我发错了|我打错了|重答
        改答案|修改答案|我写错了|我按错了|我输错了|我选错了|按错了|选错了|输错了"""
    ),
    Command.skip: _phrases(
        """skip|skip it|skip this|skip this one|skip this question|skip question|next
        next question|pass|prefer not to say|rather not say|i'd rather not say
        跳过|跳過|跳过这题|跳过此题|跳过这个|下一题|下一个|略过|不想回答|不想答|不回答|不答|不愿回答"""
    ),
    Command.not_applicable: _phrases(
        """does not apply|doesn't apply|doesnt apply|does not apply to me|doesn't apply to me
        not applicable|n/a|na|n.a|not relevant|it does not apply|this does not apply to me
        不适用|不適用|不适用于我|对我不适用|这个不适用|不适用我"""
    ),
    Command.send: _phrases(
        """send|send it|send them|send my answers|send answers|send the answers|send all
        send now|submit|submit it|submit my answers|submit answers
        发送|提交|发送答案|提交答案|发送回答|提交回答|发送问卷|提交问卷|确认发送|确认提交|发出|送出"""
    ),
    Command.link: _phrases(
        """link|the link|a link|send link|send a link|send the link|send me the link
        send me a link|web|website|online|by link|链接|鏈接|网页|网址|连接|发链接|发个链接|给我链接
        网上回答|网上填|用链接|要链接"""
    ),
    Command.unwell: _phrases(
        """unwell|i am unwell|i'm unwell|im unwell|feel unwell|i feel unwell|i'm feeling unwell
        feeling unwell|not well|i am not well|i'm not well|i do not feel well|i don't feel well
        i dont feel well|something is wrong|something's wrong|somethings wrong
        不舒服|我不舒服|身体不舒服|我身体不舒服|感觉不舒服|我感觉不舒服|不适|身体不适|我身体不适
        感到不适|我感到不适|感觉不适|不舒服了|我不舒服了"""
    ),
}

_CLAUSE_END = re.compile(r"[.!?;,。！？；，、\n]+")
_POLITE = re.compile(
    r"^(?:(?:please|pls|plz|kindly|ok|okay|hi|hello|just|can you|could you|would you)[\s,]+)+"
    r"|(?:[\s,]+(?:please|pls|plz|thanks|thank you|now|ok))+$"
    r"|^(?:请你|请您|请|麻烦您|麻烦你|麻烦|你好|您好|我要|我想|我想要)[,、]?"
    r"|[,、]?(?:吧|谢谢|谢谢您|啦|可以吗)$"
)

_TEXTS = (
    r"(?:texts?|texting|messages?|messaging|msgs?|sms|reminders?|notifications?|questionnaires?)"
)
_WHICH = r"(?:(?:the|these|those|this|all|your|any|my|further|more|such|of|to|me|us|with)\s+)*"
_NOT_STOPPING = re.compile(
    r"\b(?:don't|dont|do not|never|won't|wont|will not|can't|cant|cannot|can not|doesn't|does not"
    r"|didn't|did not|hasn't|not|wouldn't|couldn't)\s+(?:\w+\s+)?(?:stop|quit|end|cancel)\b[^.!;]*"
)
_STOP_EN = re.compile(
    rf"\b(?:stop|quit|cease|cancel|end)\s+{_WHICH}{_TEXTS}\b"
    r"|\bstop\s+(?:sending|contacting|bothering|reminding|pestering|spamming|harassing)\b"
    r"|\bstop\s+writing\s+(?:to\s+)?me\b|\bstop\s+asking\s+(?:me\b|questions\b)"
    r"|\bunsubscribe\b|\bopt(?:ing)?(?:\s+me)?[\s-]*out\b"
    r"|\b(?:don't|dont|do not|never)\s+(?:ever\s+)?(?:text|message|contact|sms|remind|write)\s+"
    r"(?:to\s+)?(?:me|us|this number)\b"
    r"|\b(?:don't|dont|do not|never)\s+send\s+(?:me\s+)?"
    rf"(?:{_WHICH}{_TEXTS}|anything|any\s*more|these|this)\b"
    rf"|\bno\s+(?:more|further)\s+{_TEXTS}\b"
    r"|\b(?:take|get)\s+me\s+off\b|\b(?:remove|delete)\s+(?:me\b(?!\w)|my\s+(?:phone\s+)?number)"
    rf"|\b(?:don't|dont|do not|no longer)\s+(?:want|wish|need|like)\s+(?:to\s+)?"
    rf"(?:get|receive|have|be\s+sent)?\s*{_WHICH}{_TEXTS}\b"
    r"|^(?:i\s+(?:want|would like|wish)|i'd like)\s+(?:you\s+|this\s+|it\s+)?to\s+stop$"
    rf"|\bstop\s+(?:receiving|getting)\s+{_WHICH}{_TEXTS}\b"
)
_STOP_ZH = re.compile(
    r"退订|退訂"
    r"|(?:别|不要|不用|不必|请勿|勿|不许)(?:再|继续|老是|总是|一直)*(?:给我|向我|跟我)?(?:再|继续)*"
    r"(?:(?:发送?|寄|推送)(?=$|[,.!。、\s了吧啦来送信短消微这那我提问])|打扰|骚扰|烦我|联系我|提醒我)"
    r"|停止(?:给我|向我)?(?:发|推送|短信|信息|消息|提醒|接收|订阅|联系|打扰|骚扰)"
    r"|(?:不想|不愿意?|不希望|不要|不再|拒绝|不需要)(?:再|继续)*(?:收到?|接收|接受)(?:到)?"
    r"(?:你们的?|您的|你的|这些|这种|这样的|任何)*(?:短信|信息|消息|提醒|问卷|通知)"
    r"|取消(?:订阅|短信|提醒|通知|发送)|别来烦我|别烦我"
)
_CLEAR_STOP = frozenset({"stop", "stopall", "unsubscribe", "opt out", "退订", "停止发送"})
_CLAUSE = re.compile(r"[.,!;\n。、]+")

_OPEN = '[“"「『„«‘]'
_QUOTED = f'{_OPEN}.*[”"」』“»’]'
_REACTION = re.compile(
    rf"(?:(?:liked|loved|disliked|laughed at|emphasi[sz]ed|questioned)\s+"
    rf"(?:{_QUOTED}|an?\s+(?:image|message|attachment|link|photo|picture))"
    rf"|reacted\s+\S.{{0,23}}?\s+(?:to|with)\s+(?:{_QUOTED}|your message|an?\s+\w+)"
    rf"|removed\s+an?\s+.{{1,24}}?\s+from\s+{_QUOTED}"
    rf"|[^\w“\"]{{1,16}}to\s+{_QUOTED}"
    rf"|(?:对|为|给|把|向)\s*{_QUOTED}\s*(?:表示|点|做出|作出|添加|加|回应|回复|的?赞|发送|标记)了?"
    rf".{{0,16}}"
    rf"|(?:赞了?|点赞了?|喜欢了?|喜爱了?|爱了|不喜欢|踩了?|大笑|哈哈|笑了|强调了?|质疑了?|疑问)"
    rf"[^“\"「『]{{0,4}}{_QUOTED}"
    rf"|(?:取消|移除|删除|撤回)了?[^“\"「『]{{0,12}}{_QUOTED}.{{0,8}})\s*",
    re.DOTALL,
)
"""What telephones write when somebody taps a reaction: the verb and our own words in quotes."""


_NUMBER = re.compile(r"[\d .]+")


def recognise(text: str) -> Command | None:
    """Return the command this text is, or None. Whole-text matching, save for wishes to stop."""
    folded = fold(text)
    if _NUMBER.fullmatch(folded):
        return None  # What nearly every text is.
    if _REACTION.fullmatch(folded):
        return Command.reaction
    folded = unframed(folded)
    bare = re.sub(r"\s+", " ", folded).strip(" .,!;:。、\"'“”()[]")
    if re.fullmatch(r"(?:stop\W*)+", bare):
        return Command.stop
    if bare == "" and "?" in folded:
        return Command.help
    for candidate in (bare, bare.rstrip("?").rstrip(), _without_courtesy(bare)):
        for command, phrases in _EXACT.items():
            if candidate in phrases:
                return command
    if says_wrong_number(text):
        return Command.wrong_number
    return Command.stop if _wants_to_stop(folded) else None


def _without_courtesy(bare: str) -> str:
    previous = None
    while bare != previous:
        previous = bare
        bare = _POLITE.sub("", bare).strip(" .,!;。、?")
    return bare


def wants_to_stop(text: str) -> bool:
    """Tell whether a text asks for an end of messages, whatever else it says."""
    return recognise(text) is Command.stop or _wants_to_stop(fold(text))


def _wants_to_stop(folded: str) -> bool:
    """Tell whether the text asks for an end of messages; "it won't stop hurting" does not."""
    said = _NOT_STOPPING.sub(" ", folded)
    flat = re.sub(r"[^\S\n]+", " ", said).strip(" .!。")
    if _STOP_EN.search(flat) or _STOP_ZH.search(re.sub(r"\s+", "", flat)):
        return True
    clauses = [_without_courtesy(clause.strip()) for clause in _CLAUSE.split(flat)]
    return any(clause in _CLEAR_STOP for clause in clauses)


def says_more(text: str) -> bool:
    """Tell whether a text that asks to stop says something else too, in a clause of its own.

    "STOP. My knee is swollen" stops the texts and must still be read by somebody.
    """
    clauses = (clause.strip() for clause in _CLAUSE_END.split(unframed(fold(text))))
    return any(clause and recognise(clause) is None for clause in clauses)
