"""What own words of staff never speak of: treatment, symptoms, scores, and what was answered (R7).

A list of words, cautious on purpose: whoever is refused says it on the telephone. Phrases that only
look like one of them ("cell phone", "正常上班") are taken out before. Measured on labelled lines in
`tests/data/staff_words`.
"""

from __future__ import annotations

import re
from typing import Final

from pro_service.domain.conversation.scan import fold
from pro_service.domain.conversation.warning import read_warning

_HARMLESS: Final = re.compile(
    r"\b(?:cell ?phones?|cell number|your cell is(?: switched)? off|wheel ?chairs?|ground floor"
    r"|normal (?:opening |working )?hours|(?:serious )?traffic(?: jam)?s?"
    r"|treat(?:ed)?(?: your data)?"
    r"(?: as| in) (?:confiden\w+|private)|our treat|knee (?:clinic|study|centre|center))\b"
    r"|正常(?:上班|门诊|营业|开门|开诊|接诊|工作)|堵车严重|药[房店]|痛快|轮椅|[门開开]诊?不开"
    r"|不开门|不开诊"
    r"|来之前可以吃饭喝水|膝?关节(?:门诊|外科|研究|中心)"
)
"""Places, telephones, hours and traffic, taken out before the words are looked for."""
_TREATMENT: Final = (
    r"placebo|dos(?:e|es|age|ing)|injections?|injected|treat(?:ed|ment|ments|ing)?|therap(?:y|ies)"
    r"|medicines?|medications?|drugs?|tablets?|pills?|painkillers?|ibuprofen|paracetamol|aspirin"
    r"|antibiotics?|cells?|ice|cool(?:ing)?|cold packs?|heat|massag\w+|gels?|creams?"
    r"|ointments?|braces?"
    r"|crutch(?:es)?|bandages?|dressings?|wounds?|exercis\w+|physio\w*|surgery|operat(?:e|ed|ion)"
    r"|(?:control|treatment|same|other) group|walk again|(?:not|don't|more|less) walk(?:ing)?"
    r"|(?:lie|lay|leg) (?:down|up)|elevat\w+|avoid\w*|shower\w*|bath\w*|rest(?:ing)?"
    r"|take it easy|drink plenty"
    r"|weight|shots?|inject\w*|pillows?|sleep\w*|diet\w*"
)
_SYMPTOM: Final = (
    r"symptoms?|pains?|painful|hurts?|hurting|sore(?:ness)?|ach(?:e|es|ing)|swell(?:ing|s)?|swollen"
    r"|stiff(?:ness)?|fevers?|redness|numb(?:ness)?|itch\w*|rash(?:es)?|bleed\w*|bruis\w+|allerg\w+"
    r"|infect\w+|diagnos\w+|side[ -]effects?|arthritis|cartilage|muscles?|damage\w*|limp(?:ing|s)?"
    r"|bend|knees?|legs?|joints?|normal|serious|harmless|(?:get(?:ting|s)?|feel(?:ing)?|much) "
    r"(?:better|worse)|improv\w+|heal(?:s|ed|ing)?|doing well|go(?:es)? away|wear off|reactions?"
    r"|recover\w*|be expected|is expected|common|fluid"
)
_SCORE: Final = (
    r"scores?|scoring|womac|koos|results?"
    r"|(?:scans?|mris?|x-?rays?|tests?) (?:was|were|is fine|looks?"
    r"|shows?)|answered \d+|answer(?:ed)? (?:\d+|low\w*|high\w*)|(?:should"
    r"|must) answer \d|too (?:high|low)"
    r"|(?:lower|higher) number|your answers? (?:was|is|were|are|look\w*)"
    r"|good (?:answer|number)|within range"
    r"|why did you (?:answer|choose)"
)
_CHINESE: Final = (
    "评分|得分|分数|量表|安慰剂|剂量|注射|治疗|疗效|疗法|药|细胞|打针|[一二两第]针|针后|敷|冰"
    "|按摩|凝胶|膏|护膝"
    "|绷带|伤口|拐杖|锻炼|运动|手术|对照组|实验组|试验组|布洛芬|乙酰氨基酚|阿司匹林|抗生素"
    "|[别少多不]走路|可以走路"
    "|能走路|走路[瘸了]|症状|疼|痛|肿|僵|发烧|发热|发红|红肿|发麻|麻木|痒|疹|出血|流血|淤青"
    "|瘀青|过敏|感染|诊断"
    "|副作用|关节|软骨|肌肉|拉伤|损伤|瘸|弯曲|能弯|膝|腿|正常|严重|大碍|好转|恢复得|会好"
    "|好多了|见好|反应|结果|片子"
    "|显示|答了[0-9]|您的答案|好答案|应该[答选填]|为什么[答选填]|选[大小高低]|偏[高低]|太[高低]"
    "|(?:注意|好好|多|膝盖|卧床)休息|休息[一二两三几]天|爬楼|洗澡|淋浴|泡澡|喝水|负重|承重"
    "|枕头|范围|预料|预期|康复|积液"
    "|[常少]见|别动|躺|睡|个数[不很]|不错的数"
)
_FORBIDDEN: Final = re.compile(rf"\b(?:{_TREATMENT}|{_SYMPTOM}|{_SCORE})\b|{_CHINESE}")


def forbidden_in(text: str) -> str | None:
    """The first word that own words may not hold; empty: a sign of harm is named; None: they go."""
    plain = _HARMLESS.sub(" ", fold(text))
    found = _FORBIDDEN.search(plain)
    if found is not None:
        return found[0]
    return "" if read_warning(plain).named else None
