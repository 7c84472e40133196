"""Making the rows of a large study true: keys, numbers, links, the protocol, an open question."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final
from uuid import UUID

import asyncpg

from pro_service.cli.running.words import move_old_words
from pro_service.domain.delivery.addresses import phone as phone_address
from pro_service.store.migrations import migrate
from pro_service.store.pools import connect
from pro_service.store.study import studies
from pro_service.store.study.studies import KeyRow
from pro_service.vault import places
from pro_service.vault.keys import KeyRing
from pro_service.vault.vault import Vault
from tests.support.example import example_study
from tests.support.large import (
    ASSESSMENTS,
    LINES,
    OTHERS,
    PARTICIPANTS,
    PAST_VISITS,
    STUDIES,
    VERSIONS,
    VISITS,
    VISITS_EACH,
    load_large_study,
    row_id,
)

ACTOR: Final = "test:benchmark"
ANSWERS: Final = 24
"""Of each WOMAC of the past."""
STUDY_ID: Final = row_id(STUDIES, 1)
Keys = tuple[str, str, str]
"""Master, index and link rings as settings carry them."""


def open_visit(number: int) -> int:
    """The count of a participant's visit that is open now."""
    return (number - 1) * VISITS_EACH + PAST_VISITS + 1


def phone(number: int) -> str:
    """A fictitious number of its own for each participant."""
    area, line = divmod(number, 99)
    return f"+1{200 + area}555{100 + line:04}"


async def fill(url: str, participants: int, answers: int = ANSWERS) -> Keys:
    """Fill the empty database at `url`; two minutes for 2,000 participants."""
    rings = (KeyRing.generate("m1"), KeyRing.generate("i1"), KeyRing.generate("l1"))
    keys = (rings[0].reveal(), rings[1].reveal(), rings[2].reveal())
    superuser = await asyncpg.connect(url)
    try:
        await migrate(superuser, kind="validation")
        await migrate(superuser, series="simulator")
        await load_large_study(superuser, participants=participants, answers=answers)
        async with superuser.transaction():
            await superuser.execute("SET LOCAL session_replication_role = replica")
            await _make_true(superuser, url, Vault(*rings), participants)
        await move_old_words(url, Vault(*rings))
        await superuser.execute("VACUUM (FULL, ANALYZE) pro.data_keys, pro.contact_points")
        await superuser.execute("VACUUM (FULL, ANALYZE) pro.invitations, pro.lines")
        await superuser.execute("VACUUM ANALYZE")
    finally:
        await superuser.close()
    return keys


async def _make_true(
    superuser: asyncpg.Connection, url: str, vault: Vault, participants: int
) -> None:
    loaded = example_study()
    await superuser.execute(
        "UPDATE pro.protocol_versions SET document = $1::text::jsonb, source = $2,"
        " content_sha256 = $3 WHERE id = $4",
        loaded.protocol.model_dump_json(),
        loaded.text,
        loaded.content_sha256,
        row_id(VERSIONS, 1),
    )
    numbers = range(1, participants + 1)
    await _give_numbers(superuser, url, vault, numbers)
    await superuser.execute(
        "INSERT INTO pro.assessments (study_id, id, participant_id, visit_id, instrument, target,"
        " actor) SELECT $1, a, p, v, 'pga', 'person', $2 FROM unnest($3::uuid[], $4::uuid[],"
        " $5::uuid[]) AS x (a, p, v)",
        STUDY_ID,
        ACTOR,
        [row_id(ASSESSMENTS, 0x8000_0000 + n) for n in numbers],
        [row_id(PARTICIPANTS, n) for n in numbers],
        [row_id(VISITS, open_visit(n)) for n in numbers],
    )
    await superuser.execute(
        "UPDATE pro.conversations AS c SET dialogue = jsonb_build_object('prompt',"
        " jsonb_build_object('assessment_id', a.id, 'items', $1::jsonb, 'asked_at', now(),"
        " 'told', true)) FROM pro.assessments AS a WHERE a.participant_id = c.participant_id"
        " AND a.visit_id = ANY ($2::uuid[]) AND a.instrument = 'womac-nrs-3.1'",
        json.dumps(["pain_1"]),
        [row_id(VISITS, open_visit(n)) for n in numbers],
    )
    for table in ("invitations", "cards"):
        rows = await superuser.fetch(f"SELECT id FROM pro.{table}")
        links: list[UUID] = [one["id"] for one in rows]
        await superuser.execute(
            f"UPDATE pro.{table} AS i SET token_sha256 = x.token FROM unnest($1::uuid[],"
            " $2::bytea[]) AS x (id, token) WHERE i.id = x.id",
            links,
            [vault.token_hash(vault.link_token(one)) for one in links],
        )


async def _give_numbers(
    superuser: asyncpg.Connection, url: str, vault: Vault, numbers: Sequence[int]
) -> None:
    """Data keys and numbers; as in the filling, every twentieth shares the one before it."""
    study_key = vault.new_data_key()
    operator = await connect(url, role="pro_operator", actor=ACTOR)
    try:
        row = KeyRow(study_key.id, study_key.wrapped, study_key.wrapping_key)
        await studies.insert_study_key(operator, STUDY_ID, row)
    finally:
        await operator.close()
    keys = [vault.new_data_key() for _ in numbers]
    owned = [phone(n - 1 if n % 20 == 0 else n) for n in numbers]
    sealed = [
        places.NUMBER.seal(vault, number, data_key=key.id, row_id=row_id(OTHERS, n))
        for n, number, key in zip(numbers, owned, keys, strict=True)
    ]
    indexes = [vault.blind_index(phone_address(number)) for number in owned]
    ids = [row_id(PARTICIPANTS, n) for n in numbers]
    await superuser.execute(
        "UPDATE pro.data_keys AS k SET id = x.id, wrapped = x.wrapped FROM unnest($1::uuid[],"
        " $2::uuid[], $3::bytea[]) AS x (who, id, wrapped) WHERE k.participant_id = x.who",
        ids,
        [key.id for key in keys],
        [key.wrapped for key in keys],
    )
    await superuser.execute(
        "UPDATE pro.contact_points AS c SET address_sealed = x.sealed, address_key = x.key,"
        " blind_index = x.index FROM unnest($1::uuid[], $2::bytea[], $3::text[], $4::bytea[])"
        " AS x (who, sealed, key, index) WHERE c.participant_id = x.who",
        ids,
        [one.ciphertext for one in sealed],
        [one.key for one in sealed],
        indexes,
    )
    lines = [row_id(LINES, n) for n in numbers]
    theirs = [
        places.LINE_ADDRESS.seal(vault, number, data_key=study_key.id, row_id=line)
        for number, line in zip(owned, lines, strict=True)
    ]
    await superuser.execute(
        "UPDATE pro.lines AS l SET their_index = x.index, their_address_sealed = x.sealed,"
        " their_address_key = x.key FROM unnest($1::uuid[], $2::bytea[], $3::bytea[], $4::text[])"
        " AS x (id, index, sealed, key) WHERE l.id = x.id",
        lines,
        indexes,
        [one.ciphertext for one in theirs],
        [one.key for one in theirs],
    )
    await superuser.execute("DELETE FROM pro.opt_outs")
