"""What the signs of the safety checklist are called in English; "can't" is folded to "cant"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pro_service.domain.conversation.warning.signs import Sign, SignWords

_CANNOT = (
    r"(?:cant|cannot|can not|couldnt|could not|unable to|not able to|wasnt able to|no longer|"
    r"can no longer|hardly|barely|scarcely|struggl\w+ to|dont dare to|not)"
)
_FACE = r"(?:face|lips?|tongue|throat|eyes?|eyelids?|cheeks?|mouth|neck)"
_LOWER_LEG = r"(?:calf|calfs|calves|lower legs?|shins?)"
PAINS: Final = r"(?:pains?|painful|hurt\w*|ach\w+|sore\w*|agony|cramp\w*|tender\w*|throb\w*)"

SIGNS: Final[Mapping[Sign, SignWords]] = {
    Sign.fever: SignWords(
        always=(
            r"\bfever\w*\b",
            r"\bchills?\b",
            r"\bshiver\w*\b",
            r"\b(?:have|has|had|running|run|ran|got|getting|with|slight|high|raised|"
            r"spiked?|bit of) (?:a |got a |had a )?(?:slight |high |low |raised |little "
            r"|bit of a |mild )*temp(?:erature)?\b",
            r"\bburning up\b",
            r"\bsweat(?:s|y|ing|ed)?\b",
            r"\bdrenched\b",
            r"\bclammy\b",
            r"\bthe shakes\b",
            r"\bhot and cold\b",
            r"\bflu\b",
            r"\bfreezing\b",
            r"\btemp(?:erature)?\b(?!.*\b(?:normal|ok|okay|fine|\d{2,3})\b)",
            r"\brigors?\b",
            r"\bthermometer\b(?!.*\b(?:normal|ok|okay|fine|broken|\d{2,3})\b)",
            r"\bforehead\b.*\b(?:hot|fire|burn\w*|warm)\b",
            r"\b(?:shak\w+|trembl\w+)\b.*\bcold\b",
            r"\bcold\b.*\b(?:shak\w+|trembl\w+)\b",
            r"🤒",
        ),
        beside=(r"\bburning hot\b",),
        noted=(
            r"\btemp(?:erature)?\b",
            r"\bthermometer\b",
        ),
        denied=(
            "fever",
            "fevers",
            "fever or chills",
            "temperature",
            "chills",
            "shivering",
            "feverish",
        ),
    ),
    Sign.hot_knee: SignWords(
        always=(
            r"\bredness\b",
            r"\binfect\w*\b",
            r"(?<!anti)(?<!anti )(?<!anti-)\binflam(?:ed|mation)\b",
            r"\bseptic\b",
            r"\bsepsis\b",
            r"\bred streaks?\b",
            r"\bred lines?\b",
            r"\bhot to (?:the )?touch\b",
            r"\bon fire\b",
            r"\bglow\w*\b",
            r"\blike (?:a |an )?(?:stove|oven|fire|furnace|radiator)\b",
            r"\bangry\b.*\bred\b",
            r"\bantibiotics?\b",
            r"\bfry an egg\b",
        ),
        beside=(
            r"\bhot(?:ter)?\b",
            r"\bwarm(?:er|th)?\b",
            r"\bred(?:der|dish)?\b",
            r"\bburn(?:s|ing)\b",
            r"\bheat\b",
            r"\bpink\w*\b",
            r"\bflush\w*\b",
            r"\bscarlet\b",
            r"\bcrimson\b",
            r"\bpurple\b",
            r"\bboiling\b",
        ),
        denied=("redness", "red", "hot", "warm", "infected", "infection", "heat", "inflamed"),
    ),
    Sign.swelling: SignWords(
        always=(
            r"\bsw[eo]ll(?:ed|en|ing|ings|s)?\b",
            r"\bpuff(?:y|ed)\b",
            r"\bballoon\w*\b",
            r"\bblown up\b",
            r"\bblew up\b",
            r"\b(?:fluid|water|liquid) (?:on|in|around|inside) (?:the|my|his|"
            r"her) (?:\w+ )?(?:knee|joint)\b",
            r"\beffusion\b",
            r"\b(?:twice|double) (?:its|the|the normal|normal) size\b",
            r"\bas big as\b",
            r"\bthe size of\b",
            r"\bknees?\b.*\b(?:big|bigger|bulg\w+|huge|enormous|fat|large|larger|bloated"
            r"|massive|thick\w*)\b",
            r"\blike (?:a |an )?(?:\w+ )?(?:melon|watermelon|balloon|football|ball|"
            r"grapefruit|pumpkin|elephant\w*)\b",
            r"\blumps?\b",
            r"\bbloated\b",
            r"\bbulg\w+\b",
            r"\b(?:filled with|full of) (?:fluid|water|liquid)\b",
            r"\b(?:trousers|pants|jeans|brace|stocking|knee)\b.*\b(?:fit|too tight)\b",
            r"\bdrain(?:ed|ing)\b",
            r"\baspirat\w+\b",
            r"\bdoubled\b",
            r"\bfilled up\b",
            r"\btight as\b",
            r"\bget my (?:jeans|trousers|pants|leggings) (?:on|over|up)\b",
            r"\bleg\b.*\bballoon\w*\b",
        ),
        denied=("swelling", "swollen", "puffy"),
        elsewhere=rf"\b(?:{_LOWER_LEG}|{_FACE})\b",
    ),
    Sign.weight: SignWords(
        always=(
            rf"\b{_CANNOT} (?:even |really |possibly |to |now |properly )*(?:walk\w*|"
            r"stand(?! (?:the|this|these|your|you|it)\b)|stood|"
            r"put (?:\w+ ){0,2}(?:weight|foot|leg)|bear(?: any| my)? weight|step|"
            r"get (?:up|out of (?:bed|the bed|my chair))|move (?:my|the) (?:\w+ )?(?:leg"
            r"|knee)|use (?:my|the) (?:\w+ )?(?:leg|knee))\b",
            r"\b(?:leg|knee)s?\b.*\b(?:gives?|gave|giving|given) (?:way|out)\b",
            r"\bbuckl\w+\b",
            r"\b(?:leg|knee)s?\b.*\b(?:wont|will not|doesnt|does not|cant|cannot|didnt|"
            r"not)\b.*\b(?:hold|carry|support|bear|take)\b",
            r"\bcrawl\w*\b",
            r"\bon (?:my |all )?(?:hands|fours)\b",
            r"\bto walk at all\b",
            r"\bjelly\b",
            r"\bfold(?:s|ed)\b",
            r"\b(?:lift|lifts|lifted|carries|holds) me\b",
            r"\bstuck on\b",
            r"\bwalkings?\b.*\b(?:not happening|not possible)\b",
            r"\bneed\b.{0,40}\bto (?:walk|stand|get up)\b",
            r"\bcarry me\b",
            r"\bcarried me\b",
            r"\bwheelchair\b",
            r"\bbedridden\b",
            r"\bbedbound\b",
            r"\bcrutch\w*\b",
            r"\b(?:havent|have not|hasnt|has not|not|wasnt|isnt|never) (?:been |"
            r"being )?able to (?:walk|stand|move|get)\b",
            r"\b(?:walking|standing|stairs)\b.*\b(?:impossible|out of the question)\b",
            r"\bstuck in (?:bed|the chair|my chair)\b",
            r"\bneed(?:s|ed)? (?:\w+ ){1,3}to (?:walk|stand|get up|get out|help me up)\b",
            r"\b(?:leg|knee)\b.*\b(?:useless|collapsed|dead|wont work|not working|"
            r"refus\w+)\b",
            r"\bhop(?:ping)?\b",
            r"\b(?:cant|cannot|can not|couldnt) (?:even )?(?:move|leave (?:the )?bed|"
            r"get to|get around|lift (?:my|the) leg)\b",
            r"\bweight\b.*\b(?:impossible|not possible)\b",
        ),
        denied=(),
    ),
    Sign.discharge: SignWords(
        always=(
            r"\bpus\b",
            r"\b(?:wet|damp|yellow\w*)\b.*\b(?:patch|bandage|dressing|plaster)\b",
            r"\bsmells?\b.*\b(?:funny|odd|strange|rotten)\b",
            r"\booz\w+\b",
            r"\bseep\w*\b",
            r"\bweeping\b",
            r"\bdischarge\b",
            r"\bbleed\w*\b",
            r"\bbled\b",
            r"\b(?:fluid|liquid|stuff|blood|water|something|goo|gunk)\b.*\b(?:coming|"
            r"comes|came|running|runs|dripping|leaking)\b",
            r"\bblood (?:on|from|in)\b",
            r"\bsmells?\b.*\b(?:bad|foul|awful|off)\b",
            r"\b(?:yellow|green)\w*\b.*\b(?:stuff|liquid|fluid|goo|mess)\b",
            r"\bsticky\b",
            r"\bgunk\b",
            r"\bsoak(?:ed|ing)\b",
            r"\b(?:comes?|coming|came) out of (?:my|the) (?:knee|needle|hole|wound|"
            r"skin)\b",
            r"\b(?:dressing|bandage|plaster|band ?aid)\b.*\b(?:wet|damp|bloody|stained|"
            r"yellow)\b",
            r"\bwound\b.*\b(?:open\w*|wet|split)\b",
        ),
        beside=(
            r"\bleak\w*\b",
            r"\bdrip\w*\b",
        ),
        denied=("discharge", "pus", "bleeding", "leaking", "oozing"),
    ),
    Sign.calf: SignWords(
        always=(
            rf"\b{_LOWER_LEG}\b.*(?:\b{PAINS}|sw[eo]ll|\bhard|\btight|\bred\b|\bhot\b|"
            r"\bwarm|\bthick|\bbigger|\bblue|\bpurple|\bheavy|\bstiff)",
            rf"(?:\b{PAINS}|sw[eo]ll\w*|\bhard|\btight|\bred\b|\bhot\b|"
            rf"\bclot)\b.*\b{_LOWER_LEG}\b",
            r"\bdvt\b",
            r"\blump\b.*\bcal(?:f|ves)\b",
            r"\bcal(?:f|ves)\b.*\blump\b",
            r"\bbottom of my leg\b",
            r"\bclots?\b",
            r"\bthrombos\w+\b",
            r"\bembol\w+\b",
        ),
        noted=(rf"\b{_LOWER_LEG}\b",),
        denied=("calf pain", "calf swelling"),
    ),
    Sign.breath: SignWords(
        always=(
            r"\bbreathless\w*\b",
            r"\bpuff(?:ing)?\b",
            r"\bsteam engine\b",
            r"\b(?:short|shortness|out|run out|lack) of (?:breath|breathe|puff|air)\b",
            r"\b(?:cant|cannot|can not|couldnt|could not|hard|hardly|difficult\w*|"
            r"trouble|problems?|struggl\w+|barely|unable|not able)\b.{0,14}\bbreath\w*\b",
            r"\bcatch my breath\b",
            r"\bgasp\w*\b",
            r"\bwinded\b",
            r"\bpanting\b",
            r"\bsuffocat\w+\b",
            r"\bchok(?:e|ing)\b",
            r"\b(?:no|enough|any) air\b",
            r"\bchest\b",
            r"\bwheez\w*\b",
            r"\bbreathing\b.*\b(?:heav\w+|hard\w*|difficult\w*|fast\w*|bad\w*|short\w*|"
            r"problem\w*|hurts?)\b",
            r"\bheart\b.*\b(?:racing|races|pound\w*|flutter\w*|attack|hurt\w*|pains?|"
            r"skip\w*|jump\w*|fast|irregular\w*|weird|funny)\b",
            r"\bpalpitations?\b",
            r"\bangina\b",
            r"\bcough\w*\b.*\bblood\b",
        ),
        noted=(r"\bbreath\w*\b",),
        denied=(
            "chest pain",
            "chest pains",
            "breathlessness",
            "short of breath",
            "breathless",
            "shortness of breath",
            "trouble breathing",
        ),
    ),
    Sign.allergy: SignWords(
        always=(
            r"\brash(?:es)?\b",
            r"\beyelids?\b.*\b(?:fat|big|heavy)\b",
            r"\bred dots\b",
            r"\bhives\b",
            r"\bitch\w*\b",
            r"\ballerg\w+\b",
            r"\bblotch\w*\b",
            r"\bwelts?\b",
            r"\banaphyla\w+\b",
            rf"\b{_FACE}\b.*(?:sw[eo]ll|\bpuff\w*|\bthick|\bclos|\btight|\btingl|\bnumb)",
            rf"(?:sw[eo]ll\w*|\bpuffy)\b.*\b{_FACE}\b",
            r"\b(?:red|little|itchy|many) (?:spots?|bumps|patches|dots)\b",
            r"\b(?:spots|bumps|patches) (?:on|all over)\b",
            r"\b(?:in|of) (?:spots|bumps|blisters)\b",
            r"\bblisters?\b",
            r"\bscratch(?:ing)?\b",
            r"\bb(?:roke|reaking|roken) out\b",
            r"\breaction\b",
            r"\bskin\b.*\b(?:peel\w*|raw)\b",
        ),
        denied=("rash", "itching", "itch", "itchy", "hives", "allergy", "allergies", "allergic"),
    ),
}
