"""Which protocol version a site enrols under: its own, from an instant, whatever others do."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest

from pro_service.services.study import protocols
from pro_service.services.study.protocols import SiteUse, UnknownVersionError, UseRefusedError
from pro_service.store.study import studies
from pro_service.store.study.studies import StudyRow
from tests.support.study import ACTOR, Trial, add_site, open_trial, row
from tests.support.versions import EXAMPLE, store_version

SECOND = EXAMPLE.replace("nudges_unanswered = 2", "nudges_unanswered = 3")


async def study_of(trial: Trial) -> StudyRow:
    return await trial.context.reader.study(trial.operator, None)


async def use(trial: Trial, version: UUID, site: str, from_on: date | None = None) -> bool:
    """Tell a site its version; whether that was new."""
    study = await study_of(trial)
    versions = await studies.list_protocol_versions(trial.operator, study.id)
    (row_of_version,) = [one for one in versions if one.id == version]
    wish = SiteUse(site, from_on, ACTOR, "approved by the ethics committee")
    return (await protocols.use_protocol(trial.operator, study, row_of_version, wish)).fresh


async def enrolled_under(trial: Trial, code: str, site: str) -> UUID:
    await trial.enrol(row(code, site=site))
    return (await trial.facts(code)).protocol_version_id


async def test_one_site_moves_on_and_the_others_keep_theirs(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await add_site(trial.operator, trial.study_id, "SH02")
        first = await enrolled_under(trial, "K-001", "BJ01")
        second = await store_version(trial, SECOND, for_later=True)
        assert await enrolled_under(trial, "K-002", "BJ01") == first
        await use(trial, second, "BJ01")
        assert await enrolled_under(trial, "K-003", "BJ01") == second
        assert await enrolled_under(trial, "K-004", "SH02") == first
        assert (await trial.facts("K-001")).protocol_version_id == first


async def test_a_version_stored_at_once_holds_where_no_site_has_its_own(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await add_site(trial.operator, trial.study_id, "SH02")
        first = await enrolled_under(trial, "K-001", "BJ01")
        await use(trial, first, "BJ01")
        second = await store_version(trial, SECOND, for_later=False)
        assert await enrolled_under(trial, "K-002", "BJ01") == first
        assert await enrolled_under(trial, "K-003", "SH02") == second


async def test_a_day_ahead_takes_effect_at_the_site_s_midnight(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        first = await enrolled_under(trial, "K-001", "BJ01")
        second = await store_version(trial, SECOND)
        today = (await trial.now()).date()
        await use(trial, second, "BJ01", today + timedelta(days=2))
        # Said later, but in effect earlier: what comes into effect last holds from then on.
        await use(trial, first, "BJ01", today + timedelta(days=1))
        await trial.move(timedelta(days=1))
        assert await enrolled_under(trial, "K-002", "BJ01") == first
        await trial.move(timedelta(days=1))
        assert await enrolled_under(trial, "K-003", "BJ01") == second


async def test_the_same_again_changes_nothing(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        second = await store_version(trial, SECOND)
        ahead = (await trial.now()).date() + timedelta(days=2)
        assert [await use(trial, second, "BJ01") for _ in range(2)] == [True, False]
        assert [await use(trial, second, "BJ01", ahead) for _ in range(2)] == [True, False]
        assert await use(trial, second, "BJ01")
        assert await trial.count("site_protocols") == 4


async def test_what_cannot_be_is_refused(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        second = await store_version(trial, SECOND)
        today = (await trial.now()).date()
        with pytest.raises(UseRefusedError, match="is over at BJ01"):
            await use(trial, second, "BJ01", today - timedelta(days=1))
        with pytest.raises(protocols.UnknownSiteError, match="XX99"):
            await use(trial, second, "XX99")
        for text, said in (("zzzz", "is no stored version"), ("", "is no stored version")):
            with pytest.raises(UnknownVersionError, match=said):
                await protocols.find_version(trial.operator, await study_of(trial), text)
