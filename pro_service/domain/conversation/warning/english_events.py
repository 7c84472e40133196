"""What else must be acted on is called in English: pain, falls, hospital, death and the like."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pro_service.domain.conversation.warning.english_signs import PAINS
from pro_service.domain.conversation.warning.signs import Sign, SignWords

_ELSEWHERE = r"(?:another|other|different) (?:clinic|doctor|hospital)"
_SHOT = r"(?:jab|shot|injection|needle)"

EVENTS: Final[Mapping[Sign, SignWords]] = {
    Sign.severe_pain: SignWords(
        always=(
            r"\b(?:severe|terribl[ey]|unbearabl[ey]|awful|horribl[ey]|excruciating|"
            r"intense|extreme|agoni[sz]ing|worst|sudden|suddenly|sharp|stabbing|shooting"
            r"|bad|badly|dreadful|massive|crazy|insane|violent|incredible|so much|"
            r"too much|tremendous) (?:\w+ ){0,2}(?:pains?\b|painful|ache)",
            r"\b(?:unbearabl[ey]|intolerabl[ey]|excruciating|agony|agoni[sz]ing)\b",
            r"\bpain\w*\b.*\b(?:unbearable|killing|(?:much|far|lot|way|even) (?:more|"
            r"worse)|(?:getting|gets|got|is|its|becoming|become) worse|sudden\w*|came on"
            r"|terribl[ey]|horribl[ey]|awful|severe|excruciating|through the roof)\b",
            r"\b(?:getting|gets|growing) worse\b",
            r"\b(?:much|far|lot) worse\b",
            r"\bworse and worse\b",
            r"\bworsen\w*\b",
            r"\bworse than\b",
            r"\b(?:pain\w*|knee|leg|hurts?|its|it is|it|ache\w*)\b.*\bworse\b",
            r"\b(?:too|so|very|extremely|incredibly|really|horribly|"
            r"unbelievably) (?:painful|sore)\b",
            r"\bpain\w*\b.*\b(?:really|very|so|too|extremely) (?:bad|strong|high|intense"
            r"|much|awful)\b",
            r"\bpain\w*\b.*\b(?:10|ten) (?:out of|of) (?:10|ten)\b",
            r"\bpain\w*\b.*\boff the scale\b",
            r"\bbeyond words\b",
            r"\btorture\b",
            r"\b(?:knee|leg|joint)\b.*\bscream\w*\b",
            r"\b(?:1[1-9]|20|50|100) out of (?:10|ten)\b",
            r"\bdo something\b",
            r"\bhelp me\b.*\b(?:hurt|pain)\w*\b",
            r"\bnever\b.*\bpain\b.*\b(?:like this|like it|before)\b",
            r"\bnever\b.*\b(?:such|so much) (?:a )?pain\b",
            r"\bhurts?\b.*\b(?:more|a lot|lots|so|awful)\b",
            r"\btears\b",
            r"\bhowl\w*\b",
            r"\bdying (?:of|from|with) (?:the )?pain\b",
            r"\b(?:pain ?killers?|tablets?|pills?|medicine|nothing|ibuprofen|tylenol|"
            r"paracetamol)\b.*\b(?:nothing|dont|doesnt|not|no longer|"
            r"stopped) ?(?:\w+ )?(?:help\w*|work\w*|touch\w*)?\b.*\b(?:pain|torture|"
            r"help\w*|work\w*)\b",
            r"\b(?:sleep|slept|night)\b.*\b(?:painful|hurt\w*|agony)\b",
            r"\bpain\b.*\ball night\b",
            r"\b(?:cant|cannot|can not|couldnt) (?:stand|bear|take|cope|tolerate|endure|"
            r"handle)\b",
            r"\b(?:pain|knee|leg|its|it is)\b.*\bkilling me\b",
            r"\b(?:hurt|hurts|hurting)\b.*\b(?:so (?:bad|badly|much)|like hell|like mad|"
            r"terribl[ey]|awfully|really bad\w*|badly|very much)\b",
            r"\b(?:cry|cried|crying|scream\w*|yell\w*)\b.*\bpain\b",
            r"\bpain\b.*\b(?:cry|cried|crying|scream\w*)\b",
            r"\b(?:hurts?|hurting|pain)\b.*\b(?:cry|cried|crying)\b",
            r"\b(?:sleep|slept|awake)\b.*\bpain\b",
            r"\bpain\b.*\b(?:sleep|slept|awake)\b",
            rf"\b{PAINS}.*\b(?:all of a sudden|suddenly)\b",
            rf"\b(?:all of a sudden|suddenly)\b.*\b{PAINS}",
        ),
        denied=("severe pain", "sudden pain", "bad pain", "unbearable", "worse", "any worse"),
    ),
    Sign.fall: SignWords(
        always=(
            r"\bfell\b",
            r"\bfallen\b",
            r"\b(?:had|took|have|has|taken|a|bad|nasty|another) (?:\w+ )?(?:fall|tumble|"
            r"spill)\b",
            r"\btrip(?:ped|ped up)\b",
            r"\bslipped\b",
            r"\btumbled\b",
            r"\bstumbled\b",
            r"\bknocked (?:down|over)\b",
            r"\bhit by\b",
            r"\brun over\b",
            r"\baccident\b",
            r"\bwent flying\b",
            r"\b(?:backside|bum|bottom) (?:on|in) the\b",
            r"\bended up on\b",
            r"\bcrash\w*\b",
            r"\bcollided\b",
            r"\bwent down\b",
            r"\blanded (?:hard |badly )?on\b",
            r"\bmissed (?:a|the|one) step\b",
            r"\bon the (?:floor|ground)\b",
            r"\blost my (?:balance|footing)\b",
            r"\b(?:hit|banged|bumped|bashed|twisted|sprained|injured) (?:my|the|his|"
            r"her) \w+\b",
            r"\bfractur\w+\b",
            r"\bbroke(?:n)? (?:my|a|his|her) (?:\w+ )?(?:bone|leg|hip|arm|wrist|ankle|"
            r"rib|knee\w*)\b",
        ),
        noted=(r"\bfall\w*\b",),
        denied=("fall", "falls", "fallen", "fall down"),
    ),
    Sign.hospital: SignWords(
        always=(
            r"\bemergency\b",
            r"\b(?:the|in|to|at) er\b",
            r"\ba ?& ?e\b",
            r"\b(?:in|to|at) a and e\b",
            r"\bcasualty\b",
            r"\bicu\b",
            r"\bintensive care\b",
            r"\burgent care\b",
            r"\bambulance\b",
            r"\bcut(?:ting)? (?:me|him|her) open\b",
            r"\bdrip\b",
            r"\bparamedics?\b",
            r"🚑",
            r"\b(?:911|999|120)\b.*\bcall\w*\b",
            r"\bcall\w*\b.*\b(?:911|999|120)\b",
            r"\bhospitali[sz]\w+\b",
            r"\badmitted\b",
            r"\bsurgery\b",
            r"\boperat(?:ion|ed)\b",
            r"\bhospital\b",
            r"\b(?:on|in) (?:the |a )?ward\b",
            r"\bkept (?:me|him|her) (?:\w+ )?(?:overnight|in)\b",
        ),
        denied=("hospital", "in hospital", "hospitalised", "hospitalized"),
    ),
    Sign.collapse: SignWords(
        always=(
            r"\bfaint(?:ed|ing|s)?\b",
            r"\bpass(?:ed|ing) out\b",
            r"\bblack(?:ed)? ?outs?\b",
            r"\bcollaps\w+\b",
            r"\bwent dark\b",
            r"\bunconscious\w*\b",
            r"\bunresponsive\b",
            r"\bseizures?\b",
            r"\bconvulsions?\b",
            r"\bstroke\b",
            r"\b(?:very|so|totally|really|suddenly) confused\b",
            r"\bdelirious\b",
            r"\b(?:doesnt|does not|didnt|dont) know where (?:i am|he is|she is|am|hes|"
            r"shes)\b",
            r"\b(?:wont|will not|cant|cannot|doesnt|does not|did not|didnt) wake\b",
            r"\blost consciousness\b",
            r"\bnot respond\w*\b",
            r"\bslurr\w+\b",
            r"\b(?:cant|cannot) (?:speak|talk)\b",
            r"\bone side\b.*\b(?:numb|weak)\b",
            r"\bface\b.*\bdroop\w*\b",
            r"\bfound (?:him|her|me)\b",
        ),
        noted=(
            r"\bdizz\w+\b",
            r"\blight ?headed\b",
        ),
    ),
    Sign.self_harm: SignWords(
        always=(
            r"\bkill(?:ing)? myself\b",
            r"\bwant(?:s|ed)? to die\b",
            r"\bwanna die\b",
            r"\bsuicid\w*\b",
            r"\bend (?:it all|my life|this life)\b",
            r"\b(?:rather be|better off|wish (?:\w+ ){1,3}) ?dead\b",
            r"\bno point\b.*\bliving\b",
            r"\bno reason to live\b",
            r"\bnothing to live for\b",
            r"\bno reason to (?:carry|go) on\b",
            r"\b(?:dont|do not|no longer) want to (?:live|go on|be here)\b",
            r"\b(?:hurt|harm)(?:ing)? myself\b",
            r"\bnot worth living\b",
            r"\btired of living\b",
            r"\bcant go on\b",
        ),
    ),
    Sign.death: SignWords(
        always=(
            r"\bdied\b",
            r"\b(?:no longer|not) alive\b",
            r"\bdeceased\b",
            r"\b(?:is|was|hes|shes) dead\b",
            r"\bfuneral\b",
            r"\bno longer with us\b",
            r"\bpassed (?:away|on)\b",
            r"\b(?:has|have|he|she) passed(?! (?:out|the|my|a|it)\b)",
            r"\blost (?:dad|mum|mom|mother|father|him|her|our (?:mother|father)|"
            r"my (?:husband|wife|mother|father|dad|mum))\b",
        ),
        noted=(
            r"\bdeath\b",
            r"\bdead\b",
            r"\bdying\b",
        ),
    ),
    Sign.injection: SignWords(
        always=(
            r"\bcortisone\b",
            r"\bcortico\w+\b",
            r"\bsteroids?\b",
            r"\bhyaluron\w*\b",
            r"\b(?:had|got|gave|given|getting|received|took) (?:me |him |her )?(?:a |an "
            r"|another |one more |second |third |different |"
            r"extra )+(?:\w+ )?(?:injection|shot|jab)\b",
            r"\binjected (?:my|the|his|her) (?:\w+ )?knee\b",
            r"\bprp\b",
            rf"\b{_ELSEWHERE}\b.*\b{_SHOT}\b",
            rf"\b{_SHOT}\b.*\b{_ELSEWHERE}\b",
        ),
        noted=(r"\banother (?:injection|shot|jab)\b",),
    ),
}
