"""English around the signs: set phrases, denials, slips of the finger; see english_signs."""

from __future__ import annotations

from typing import Final

from pro_service.domain.conversation.warning.english_events import EVENTS
from pro_service.domain.conversation.warning.english_signs import SIGNS
from pro_service.domain.conversation.warning.signs import Tongue, spaced

_THINGS = (
    r"(?:wine|bus|car|form|dress|shirt|coat|pills?|envelope|meat|tea|cross|light|apples?|rose|roses|button|pen"
    r"|ink|hat|scarf|carpet|pepper|tomatoes|paper|letter|box|cabbage|beans|flag|one)"
)
_HOT_THINGS = (
    r"(?:water|bath|baths|shower|showers|tea|coffee|chocolate|drinks?|milk|meals?|food|soup|packs?|compress\w*"
    r"|stones?|weather|days?|summer|tub|springs?|pot|dogs?|towel|pad|plate|lunch|dinner|line|topic|nights?|sun)"
)

ENGLISH: Final = Tongue(
    signs={**SIGNS, **EVENTS},
    body=(
        r"\b(?:knees?|legs?|joint|skin|it|its|needle|site|injection|injected|shot|wound|calf|foot|feet|ankle"
        r"|thigh|place|area|spot|puncture|hole|left|right|touch|kneecap|bandage|plaster|around|side|body)\b"
    ),
    own=r"\b(?:i|im|ive|my|me|mum|mom|mother|dad|father|husband|wife)\b",
    only=(
        r"(?:a|and|n|or|just|only|very|so|too|bit|little|really|quite|is|are|the|my|all|still|also|both|now|today|since"
        r"|feels?|gets?|getting|again|like|hell|swollen|swelling|sore|painful|pain)"
    ),
    harmless=(
        rf"\bhot[ -]?{_HOT_THINGS}(?: bottles?| bags?)?\b",
        r"\bheat(?:ing)? ?(?:packs?|pads?|wraps?|patch\w*|waves?|lamp)\b",
        rf"\bwarm (?:{_HOT_THINGS}|regards|wishes|welcome|up|ups|socks|clothes|"
        r"blanket|room|greetings|thanks|heart)\b",
        r"\bwarm and (?:kind|friendly|dry|cosy|cozy|sunny)\b",
        rf"\bred {_THINGS}\b",
        r"\bf(?:all|ell|alls|alling|allen) (?:back )?asleep\b",
        r"\b(?:in the|this|next|last|every|by|until) fall\b",
        r"\b(?:pain|pains|score|scores|level|stiffness|number|weight|prices?|snow|"
        r"rain|leaves|temperature) (?:has |have )?(?:fell|fallen|falls)\b",
        r"\bfell (?:behind|in love|through|short|out with)\b",
        r"\bdeep breaths?\b",
        r"\bh(?:old|olding) (?:my|your) breath\b",
        r"\bbreath of fresh air\b",
        r"\btake a breath\b",
        r"\bcal(?:f|ves)\b.*\b(?:born|farm|cows?)\b",
        r"\bchest (?:of drawers|freezer)\b",
        r"\bdying to\b",
        r"\bdead (?:tired|battery|line|end)\b",
        r"\b(?:phone|battery|tv|car|laptop|computer|tablet|tree|plants?|flowers?|"
        r"line|network) (?:has |had |just |is |was |went )*(?:died|dead)\b",
        r"\bnot (?:too|so|very|that|as|really) (?:painful|sore|bad|much|strong)\b",
        r"\b(?:no|not|isnt|not any|never) worse\b",
        r"\bhay ?fever\b",
        r"\bcabin fever\b",
        r"\bspring fever\b",
        r"\brash decision\b",
        r"\bflu (?:shot|jab)\b",
        r"\bemergency (?:number|contact|phone|telephone)\b",
        r"\bworks? (?:in|at) (?:a|the) hospital\b",
        r"\bhospitals? (?:open\w*|phone|telephone|number|parking|entrance|address|car park|"
        r"bill|letter|staff|nurses?|website|visit|appointment|check|cafe|canteen)\b",
        r"\b(?:phone|number|address|way|entrance|door|parking|directions?|name|"
        r"doctors|nurses|staff)\b.{0,14}\bhospital\b",
        r"\b(?:come|coming|walk|walking|go|going|drive|be|back|"
        r"return) (?:\w+ )?(?:to|at|in) (?:the|your) hospital (?:on|for (?:the|my|"
        r"a) (?:check|visit|appointment|scan|mri|follow|exercise)|for exercise|next|"
        r"tomorrow|at \d)\w*\b",
        r"\bfell (?:better|good|fine|great|well|ok)\b",
        r"\bchest x ?ray\b",
        r"\bpassed (?:the|my|a|an|it|your) \w+\b",
        r"\bon the other hand\b",
    ),
    weather=r"\b(?:weather|outside|outdoors|sunny|summer|sun|rain\w*|snow\w*|room|house|heating|kitchen|heatwave)\b",
    others=(
        r"\W*(?:(?:my|the|our|his|her|a|and|because|but|sorry) )*"
        r"(?:grandsons?|granddaughters?|grandchild(?:ren)?|grandkids?|kids?|child|children|baby|son|daughter"
        r"|dog|cat|neighbou?rs?|friends?|colleagues?|boss|nephew|niece|cousin)\b"
    ),
    past=(
        r"\b(?:19\d\d|20[01]\d|years? ago|as a child|as a kid|when i was (?:young|little|small)"
        r"|decades)\b"
    ),
    clause=r"[,.;!\n]+(?!\d)|\b(?:and|but|however|although|though|yet|except)\b",
    denial=(
        r"(?:and )?(?:no|not)(?: a| any)? {word}",
        r"(?:i|we) (?:have|had|feel|got) no {word}",
        r"ive no {word}",
        r"(?:i |we )?(?:dont|do not|didnt|did not|havent|have not|never)(?: have| had| feel)?"
        r"(?: a| any| the)? {word}",
        r"(?:i )?(?:am|im) not {word}",
        r"(?:my |the )?knee (?:is not|isnt|not) {word}",
        r"(?:its|it is) not {word}",
        r"{word}:? no(?:ne)?",
        r"(?:there (?:is|was|are|were)|theres|(?:i )?(?:have |ive )?had) (?:no|not any)"
        r" (?:signs? of )?{word}",
        r"(?:without|no signs? of|not any) (?:any |a )?{word}",
    ),
    calm=(
        r"(?:\d{1,3}|zero|one|two|three|four|five|six|seven|eight|nine|ten|thanks|thank you|hi"
        r"|hello|dear|doctor|good (?:morning|afternoon|evening)|ok|okay|fine|good|well|all|here"
        r"|is|everything|normal|none|of these|no|nothing|problems?|complaints?|today|at all|i|im"
        r"|am|feel|feeling|pain|points?|my|knee|it|its)"
    ),
    degrees=(
        r"(?:\b(?:temp(?:erature)?|fever|thermometer)\b\D{0,24}?(?P<value>\d{2,3}(?:[.,]\d)?)"
        r"|(?P<value_there>\d{2,3}(?:[.,]\d)?) on (?:the|my) (?:thermometer|scale)"
        r"|(?<![\d.,])(?P<value_decimal>(?:3[789]|4[01])[.,]\d)(?!\d)(?! ?(?:kg|km|cm|mm|%|years))"
        r"|(?<![\d.])(?P<value_before>\d{2,3}(?:[.,]\d)?) ?(?:degrees?|deg|celsius|fahrenheit|°"
        r"|c\b|f\b))"
    ),
    spelling={
        "fel": "fell",
        "hott": "hot",
        "nee": "knee",
        "rach": "rash",
        "tempreture": "temperature",
        "caff": "calf",
        "puss": "pus",
        "nite": "night",
        "cudnt": "couldnt",
        "breth": "breath",
        "ambulence": "ambulance",
        "swelld": "swelled",
    },
    misspelt=(
        "fever",
        "feverish",
        "shivering",
        "temperature",
        "chills",
        "swollen",
        "swelling",
        "swelled",
        "redness",
        "infected",
        "infection",
        "inflamed",
        "bleeding",
        "oozing",
        "discharge",
        "breath",
        "breathe",
        "breathing",
        "breathless",
        "chest",
        "allergic",
        "allergy",
        "itching",
        "unbearable",
        "excruciating",
        "terrible",
        "horrible",
        "severe",
        "fallen",
        "slipped",
        "tripped",
        "stumbled",
        "hospital",
        "hospitalised",
        "emergency",
        "ambulance",
        "admitted",
        "surgery",
        "operation",
        "fainted",
        "collapsed",
        "unconscious",
        "seizure",
        "stroke",
        "cortisone",
        "suicide",
    ),
    not_misspelt=spaced(
        """
        never fewer lever clever sever several severed fevers sewer chess cheat cheats crest
        guest quest chests smelling spelling selling dwelling telling shelling swilling
        welling injected injection injections inspected reflected leading breeding bleating
        painted tainted fainter flipped clipped slipper slippers skipped snipped stripped
        gripped dripped trapped chilly chili chilis hills drills bills breadth wreath breather
        breathed strike strokes stoke spoke strode smoke broke stole falled filled felled
        pollen fuller baller faller revere severs served settle terribly horribly inflame
        selves stove stroked cooperation operations separation stolen sullen allegro alleys
        gallery madness sadness badness etching pitching hitching stitching switching dozing
        booing omitted emerging beath chestnut tables cheese cheer cheek check swell swells
        surgeon
        """
    ),
)
