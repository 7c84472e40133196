"""Where only registered texts go: a code and values for words, or no text and one task (R23)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from pro_service.app import check_ready
from pro_service.domain.delivery.registered import KEYS
from pro_service.domain.delivery.segments import segments
from pro_service.domain.study.facts import Status
from pro_service.messaging.gateways import Gateways
from pro_service.services import rounds
from pro_service.services.study.registrations import draft_templates, load_templates
from pro_service.services.study.senders import NewSender, add_sender, move_sender
from pro_service.services.texting.proving.contact_card import contact_card
from pro_service.store.ids import new_id
from pro_service.store.texting import registered
from tests.support.providers.recording import RecordingGateway
from tests.support.providers.registered import SIGNATURE, register
from tests.support.study import ACTOR, SENDER, Trial, open_trial, row

IN_CHINA = "+8613900000001"
"""Of no range that is assigned to anybody."""
ENDED = "SELECT end_reason FROM reminders WHERE ended_at IS NOT NULL ORDER BY id"
LANGUAGE = "zh_CN"


def handed_to(trial: Trial, *names: str) -> RecordingGateway:
    """Providers of tests in the place of the trial's; the first of them."""
    made = [RecordingGateway(name) for name in names or ("simulator",)]
    trial.context.gateways = Gateways.holding(*made)
    return made[0]


async def agree(trial: Trial, code: str, *, cross_border: bool) -> None:
    """A consent that says whether a provider abroad may know of them."""
    await trial.operator.execute(
        "INSERT INTO pro.consents (study_id, id, participant_id, version, signed_on, messages,"
        " cross_border, actor, reason)"
        " VALUES ($1, $2, $3, '2', '2026-01-04', true, $4, $5, 'said')",
        *(trial.study_id, new_id(), trial.participants[code], cross_border, ACTOR),
    )


async def test_a_registration_and_its_values_go_out_and_are_read_back(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await register(trial)
        gateway = handed_to(trial)
        each = (row(code, phone=IN_CHINA, language=LANGUAGE) for code in ("K-001", "K-002"))
        await trial.enrol(*each)
        await trial.move_to_next_nudge()
        for _ in range(2):
            await trial.remind()
        for code, text in zip(("K-001", "K-002"), gateway.sent, strict=True):
            start = (await trial.facts(code)).start_of_code
            assert text.registered is not None
            assert text.registered.signature == SIGNATURE
            assert text.registered.parameters == (("start", start),)
            assert text.body.startswith(f"【{SIGNATURE}】代码以{start}开头的随访卡：")
        stored = await trial.fetch(
            "SELECT m.segments, r.key, r.code, position($1::bytea IN m.parameters_sealed)"
            " FROM messages AS m JOIN registered_templates AS r ON r.id = m.registration_id",
            (await trial.facts("K-001")).start_of_code.encode(),
        )
        counted = segments(gateway.sent[0].body).segments
        code = gateway.sent[0].registered.code if gateway.sent[0].registered else ""
        assert stored == [(counted, "card.for.first", code, 0)] * 2


async def test_without_registration_there_is_no_text_one_task_and_no_call_for_it(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        gateway = handed_to(trial)
        await register(trial, but=("card.first",))
        others = (row(f"K-00{n}", phone=f"+861390000000{n}", language=LANGUAGE) for n in (1, 2, 3))
        await trial.enrol(*others)
        await trial.move_to_next_nudge()
        await trial.remind()
        assert gateway.sent == []
        assert await trial.fetch(ENDED) == [("no_registration",)] * 3
        assert await trial.count("call_tasks") == 0
        (gap,) = await registered.list_gaps(trial.operator)
        assert (gap.key, gap.language, gap.address) == ("card.first", LANGUAGE, SENDER)
        said = await check_ready(trial.pools, ["simulator"])
        assert said is not None
        assert "1 text(s) have no registration" in said
        await register(trial)
        assert await registered.list_gaps(trial.operator) == []
        await trial.move_to_next_nudge()
        await trial.remind()
        assert [one.registered is not None for one in gateway.sent] == [True] * 3


async def test_the_safety_floor_holds_without_registration(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        handed_to(trial)
        await trial.enrol(row("K-001", phone=IN_CHINA))
        await trial.happened("K-001", statuses=[Status.active])
        for _ in range(40):
            if await trial.count("call_tasks"):
                break
            await trial.move(timedelta(hours=2))
            await trial.remind()
            await rounds.call_round(trial.pools.worker, trial.context)
        assert await trial.fetch(
            "SELECT v.definition, k.reason FROM call_tasks AS k JOIN visits AS v"
            " ON v.id = k.visit_id"
        ) == [("safety_1", "no_registration")]


async def test_what_was_retired_goes_out_no_more_and_words_of_our_own_never(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        gateway = handed_to(trial)
        await register(trial)
        await trial.enrol(row("K-001", phone=IN_CHINA))
        gateway.fates.append("no")
        await trial.move_to_next_nudge()
        await trial.remind()
        # As an older release queued it: in words.
        await trial.owner_does(
            "UPDATE pro.messages SET registration_id = NULL, parameters_sealed = NULL"
        )
        await trial.retry_now()
        assert len(gateway.sent) == 1
        assert await trial.fetch("SELECT state, state_reason FROM messages") == [
            ("suppressed", "no_registration")
        ]
        known = await registered.list_templates(trial.operator, trial.study_id)
        retired = [
            one.template.model_copy(update={"retired_on": date(2026, 1, 5)})
            for one in known
            if one.language == "en"
        ]
        load = (trial.operator, trial.study_id, SENDER, retired)
        assert await load_templates(*load, actor=ACTOR) == len(KEYS)
        assert await load_templates(*load, actor=ACTOR) == 0
        await trial.move_to_next_nudge()
        await trial.remind()
        assert (await trial.fetch(ENDED))[-1] == ("no_registration",)


async def test_what_comes_from_there_is_kept_and_answered_with_no_words(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await register(trial)
        await trial.enrol(row("K-001", phone=IN_CHINA))
        await trial.ask()
        assert not await trial.says("K-001", "STOP")
        assert await trial.count("opt_outs", "ended_at IS NULL") == 1
        assert await trial.count("messages", "kind = 'reply'") == 0


async def test_a_provider_abroad_gets_nothing_before_the_consent_and_nothing_after_it(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        gateway = handed_to(trial, "twilio")
        abroad = NewSender("twilio", SENDER)
        await move_sender(
            *(trial.operator, trial.context.channels, trial.study_id, SENDER, abroad),
            actor=ACTOR,
            reason="for a while",
        )
        await register(trial)
        await trial.enrol(row("K-001", phone=IN_CHINA))
        await trial.move_to_next_nudge()
        await trial.remind()
        assert gateway.sent == []
        assert await trial.fetch(ENDED) == [("no_cross_border",)]
        assert await trial.fetch("SELECT reason FROM call_tasks") == [("no_cross_border",)]
        await agree(trial, "K-001", cross_border=True)
        gateway.fates.append("no")
        await trial.move_to_next_nudge()
        await trial.remind()
        assert len(gateway.sent) == 1
        # Withdrawn while a text waits to be tried again: it is not.
        await agree(trial, "K-001", cross_border=False)
        await trial.retry_now()
        assert len(gateway.sent) == 1
        assert await trial.fetch("SELECT state, state_reason FROM messages") == [
            ("suppressed", "no_cross_border")
        ]


async def test_the_domestic_sender_writes_where_the_one_abroad_may_not(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        abroad = handed_to(trial, "twilio", "aliyun")
        home = trial.context.gateways.of("aliyun")
        channels = trial.context.channels
        for new in (NewSender("twilio", "+12025550177"), NewSender("aliyun", "健康随访")):
            await add_sender(trial.operator, channels, trial.study_id, new, actor=ACTOR)
        await register(trial, sender="健康随访")
        await trial.enrol(row("K-001", phone=IN_CHINA), row("K-002"))
        await trial.move_to_next_nudge()
        await trial.remind()
        assert isinstance(home, RecordingGateway)
        assert [one.their_address for one in home.sent] == [IN_CHINA]
        assert [one.their_address for one in abroad.sent] == [trial.phones["K-002"]]
        assert home.sent[0].our_address == "健康随访"


async def test_the_contact_card_shows_signature_and_words_as_they_will_come(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        gateway = handed_to(trial)
        await register(trial)
        await trial.enrol(row("K-001", phone=IN_CHINA, language=LANGUAGE))
        facts = await trial.facts("K-001")
        protocol = await trial.context.reader.protocol(
            trial.operator, trial.study_id, facts.protocol_version_id
        )
        card = await contact_card(trial.operator, trial.context, facts, protocol)
        for _ in range(2):
            await trial.move_to_next_nudge()
            await trial.remind()
        assert card is not None
        assert card.name == SIGNATURE
        assert card.words == tuple(text.body for text in gateway.sent)


@pytest.mark.parametrize("link", [False, True])
async def test_every_draft_is_neutral_and_could_be_loaded(database_url: str, link: bool) -> None:
    async with open_trial(database_url) as trial:
        drafts = await draft_templates(
            trial.operator, trial.context, trial.study_id, SENDER, link=link
        )
        assert len(drafts) == len(KEYS) * 2
        assert [one for one in drafts if one.doubtful] == []
        assert [one.key for one in drafts if segments(one.as_handed_in).segments > 4] == []
        assert all(("http" in one.words) == link for one in drafts)
