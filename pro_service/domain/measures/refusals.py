"""Why a value is refused, in words for a command: what is wrong, and the mend."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pro_service.domain.measures.taking import Refused

REFUSALS: Final[Mapping[str, tuple[str, str]]] = {
    "participant_unknown": ("is nobody you may write about", "Check the code."),
    "participant_restricted": ("is restricted", "Nothing more is written about them (R17)."),
    "measure_unknown": ("is no known measure", "See `pro-service measure list`."),
    "measure_not_planned": ("is not taken by this protocol", "Add it to [measures], or mend it."),
    "measure_not_then": ("is a visit at which the measure is not taken", "Name another visit."),
    "knee_missing": ("is missing, and the measure is of a knee", "Write left or right."),
    "knee_of_person": ("stands at a measure of the person", "Leave it empty."),
    "knee_untreated": ("is not the treated knee", "Check left and right."),
    "region_missing": ("is missing", "One of {known}."),
    "region_unknown": ("is no region of the measure", "One of {known}."),
    "region_none": ("stands at a measure without regions", "Leave it empty."),
    "layer_missing": ("is missing", "One of {known}."),
    "layer_unknown": ("is no layer of the measure", "One of {known}."),
    "layer_none": ("stands at a measure without layers", "Leave it empty."),
    "value_missing": ("is empty", "Give it, or say why not in the column missing."),
    "value_and_missing": ("says why there is no value, beside a value", "Keep one of them."),
    "value_not_of_scale": ("is not of the scale", "One of {known}."),
    "value_decimals": ("has more decimals than the measure", "{most} at most."),
    "value_out_of_range": (
        "is outside {lowest} to {highest} {unit}",
        "Mend it, or say why it is right in the column reason.",
    ),
    "exam_future": ("lies in the future", "Check the day."),
    "exam_outside_window": ("is outside the visit's days", "They are {first} to {last}."),
    "exam_of_no_visit": ("is in no visit's window", "Check the day, or name the visit."),
    "visit_unknown": ("is no visit of the participant", "Name it as the protocol does: month_6."),
    "visit_locked": ("is locked", "Unlock it first (R14)."),
    "changed_meanwhile": ("was changed by somebody else meanwhile", "Look again."),
    "nothing_to_strike": ("does not stand, so it cannot be struck", "Leave it."),
    "reason_missing": ("is missing", "Say why what stands is changed."),
    "row_twice": ("was given in row {row} already", "Keep one of the two."),
    "cell_empty": ("is empty", "Fill it in."),
    "cell_long": ("is too long", "64 characters at most."),
    "cell_day": ("cannot be read as a day", "Write it as YYYY-MM-DD."),
    "cell_knee": ("is not one knee", "Write left or right."),
    "cell_number": ("is not a number", "Write it with a point: 12.5."),
    "cell_missing": (
        "is no known reason",
        "One of not done, refused, unreadable, not applicable.",
    ),
    "cell_read_number": ("is not the number of a read", "1 is the read, 2 its repeat."),
    "cell_uid": ("is no study instance UID", "Digits and points, 64 at most."),
}
"""By the word of the refusal; it ends a sentence that begins with the column."""


def in_english(refused: Refused) -> str:
    """The refusal in one line, the column first: `value is empty. Give it, or ...`."""
    says, mend = REFUSALS[refused.word]
    column = refused.column
    return f"{column} {says}. {mend}".format_map(dict(refused.told)).replace(" .", ".")
