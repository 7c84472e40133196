"""What may leave by whom: by every role a protocol may name, at one site and at two."""

from __future__ import annotations

from itertools import product

import pytest

from pro_service.catalog.protocol_files import example_protocol_file, load_protocol_file
from pro_service.domain.study.permissions import Role
from pro_service.domain.study.protocol import Protocol
from pro_service.services.desk.exporting import what_may_leave
from pro_service.services.exports import ANSWERED, FREE_TEXT, MEASURED, TABLES

EXAMPLE = load_protocol_file(example_protocol_file()).protocol
EVERY = frozenset(TABLES)


def protocol(scores: list[str], measures: list[str] | None, both: list[str]) -> Protocol:
    study = EXAMPLE.study.model_copy(update={"scores_visible_to": tuple(scores)})
    said = EXAMPLE.coming.measures
    assert said is not None
    given = {"visible_to": tuple(measures or ()), "beside_scores": tuple(both)}
    measuring = None if measures is None else said.model_copy(update=given)
    coming = EXAMPLE.coming.model_copy(update={"measures": measuring})
    return EXAMPLE.model_copy(update={"study": study, "coming": coming})


@pytest.mark.parametrize(("scores", "measures", "both"), [*product((True, False), repeat=3)])
def test_a_role_takes_out_what_the_protocol_shows_it(
    scores: bool, measures: bool, both: bool
) -> None:
    mine, others = ["monitor"], ["investigator"]
    one = protocol(*(mine if each else others for each in (scores, measures, both)))
    allowed = what_may_leave([one], {"BJ01": {Role.monitor}})
    hidden = (frozenset() if scores else ANSWERED) | (frozenset() if measures else MEASURED)
    hidden |= frozenset() if scores or measures else {"adpro"}
    assert allowed.tables == EVERY - hidden
    assert allowed.together == (scores and measures and both)
    assert allowed.refuses(EVERY) is not allowed.together
    assert not allowed.refuses(EVERY - MEASURED)


def test_what_one_version_or_one_site_hides_is_in_no_file_of_both() -> None:
    open_one, closed = protocol(["monitor"], ["monitor"], []), protocol([], [], [])
    roles = {"BJ01": {Role.monitor}, "SH01": {Role.monitor}}
    assert what_may_leave([open_one], roles).tables == EVERY
    assert what_may_leave([open_one, closed], roles).tables == EVERY - ANSWERED - MEASURED - {
        "adpro"
    }
    here_alone = protocol(["data_manager"], ["data_manager"], [])
    roles["SH01"] = {Role.data_manager}
    assert what_may_leave([here_alone], roles).tables.isdisjoint(ANSWERED | MEASURED)


def test_a_version_without_measures_hides_none_of_another() -> None:
    before, after = protocol(["monitor"], None, []), protocol(["monitor"], ["monitor"], [])
    roles = {"BJ01": {Role.monitor}}
    assert "measures" in what_may_leave([before, after], roles).tables
    assert "measures" not in what_may_leave([before], roles).tables


def test_free_text_leaves_by_whom_the_protocol_names_and_who_sees_all_it_may_tell() -> None:
    mine = ["monitor"]
    roles = {"BJ01": {Role.monitor}}

    def leaves(scores: bool, measures: list[str] | None, both: bool, named: bool) -> bool:
        one = protocol(mine if scores else [], measures, mine if both else [])
        given = {"free_text_visible_to": ("monitor" if named else "data_manager",)}
        study = one.study.model_copy(update=given)
        allowed = what_may_leave([one.model_copy(update={"study": study})], roles)
        return FREE_TEXT in allowed.tables

    assert leaves(True, mine, True, True)
    assert leaves(True, None, False, True)  # Nothing is measured: there is nothing to tell of it.
    for hidden in ((False, mine, True), (True, [], True), (True, mine, False)):
        assert not leaves(*hidden, True), hidden
    assert not leaves(True, mine, True, False)


def test_nobody_takes_answers_out_of_no_site_or_no_protocol() -> None:
    for allowed in (what_may_leave([EXAMPLE], {}), what_may_leave([], {"BJ01": {Role.monitor}})):
        assert allowed.tables.isdisjoint(ANSWERED | MEASURED)
