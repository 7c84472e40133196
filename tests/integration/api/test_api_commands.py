"""`api-key` and `webhook`, as an operator runs them."""

from __future__ import annotations

import re

from pro_service.domain.study.permissions import Role
from pro_service.services.study.passwords import Passwords
from pro_service.services.study.staff import set_password
from tests.support.command import commands_with
from tests.support.desk import PASSWORD, seed_staff
from tests.support.seed import ACTOR, SeededStudy

SCOPES = ("--scope", "participants:read", "--scope", "events:read")
FIRST = ("api-key", "new", "registry", "--for", "olga", "--role", "coordinator", "--site", "S1")
URL = "https://registry.example.org/hook"


async def test_exports_are_allowed_by_an_administrator_with_their_password(
    study: SeededStudy, database_url: str
) -> None:
    await seed_staff(study, "olga")
    await seed_staff(study, "ada", role=Role.administrator, site=None)
    commands = commands_with(database_url, study.context.keys.vault)
    program = ("api-key", "new", "registry", "--for", "olga", "--role", "data_manager")
    wanted = (*program, "--study-wide", "--scope", "exports")
    alone = await commands.call(*wanted)
    assert (alone.code, "--by LOGIN" in alone.err) == (1, True), alone
    half = await commands.call(*wanted, "--by", "ada")
    assert (half.code, "goes with --reason" in half.err) == (2, True), half
    said = ("--reason", "the registry takes it every night", "--password-stdin")
    needless = (*program, "--study-wide", *SCOPES, "--by", "ada", *said)
    refused = await commands.call(*needless, stdin=f"{PASSWORD}\n")
    assert (refused.code, "goes with --scope exports" in refused.err) == (2, True), refused
    for by, password in (("olga", PASSWORD), ("ada", "not this one")):
        refused = await commands.call(*wanted, "--by", by, *said, stdin=f"{password}\n")
        assert refused.code == 1, refused
    assert await study.owner.fetchval("SELECT count(*) FROM pro.api_keys") == 0
    made = await commands.call(*wanted, "--by", "ada", *said, stdin=f"{PASSWORD}\n")
    assert made.code == 0, made.err
    (line,) = (await commands.call("api-key", "list")).out.splitlines()
    assert line.endswith("exports  allowed by staff:ada")
    kept = await study.owner.fetchval("SELECT reason FROM pro.api_keys")
    assert kept == "the registry takes it every night"


async def test_keys_and_webhooks_are_kept_at_the_command_line(
    study: SeededStudy, database_url: str
) -> None:
    await seed_staff(study, "olga")
    commands = commands_with(database_url, study.context.keys.vault)

    half = await commands.call("api-key", "new", "registry", "--for", "olga", *SCOPES)
    assert (half.code, "goes with --role" in half.err) == (2, True), half
    unknown = await commands.call("api-key", "new", "registry", *SCOPES)
    assert (unknown.code, "There is nobody called registry" in unknown.err) == (1, True)
    made = await commands.call(*FIRST, *SCOPES)
    assert made.code == 0, made.err
    key, said = made.out.splitlines()
    assert re.fullmatch(r"pro_[\w-]{43}", key)
    again = await commands.call("api-key", "new", "registry", *SCOPES, "--days", "1")
    assert again.code == 0, again.err
    ids = [re.findall(r"Key (\S+) of", one.out)[0] for one in (made, again)]
    assert ids[0] in said

    await commands.do(("api-key", "end", ids[0], "--reason", "rotated"))
    over = await commands.call("api-key", "end", ids[0], "--reason", "again")
    assert (over.code, "no key" in over.err) == (1, True)
    lines = (await commands.call("api-key", "list")).out.splitlines()
    assert [line.split()[0] for line in lines] == ids
    assert ": rotated" in lines[0]
    assert "(for olga)  until" in lines[1]
    assert all("events:read participants:read" in line for line in lines)

    for words in (("staff", "password", "registry", "--password-stdin"), ("staff", "reset")):
        given = words if len(words) > 2 else (*words, "registry", "--reason", "x")
        refused = await commands.call(*given, stdin=f"{PASSWORD}\n")
        assert (refused.code, "never signs in" in refused.err) == (1, True), refused

    open_ = await commands.call("webhook", "add", "registry", "http://10.0.0.1/hook")
    assert (open_.code, "--private" in open_.err) == (1, True)
    person = await commands.call("webhook", "add", "olga", URL)
    assert (person.code, "is a person" in person.err) == (1, True)
    nobody = await commands.call("webhook", "add", "nobody", URL)
    assert (nobody.code, "api-key new" in nobody.err, "staff add" in nobody.err) == (1, True, False)
    hook = await commands.call("webhook", "add", "registry", URL, "--kind", "alert.raised")
    assert hook.code == 0, hook.err
    (id_,) = re.findall(r"Webhook (\S+) is told", hook.out)
    (line,) = (await commands.call("webhook", "list")).out.splitlines()
    assert line == f"{id_}  registry  {URL}  0 wait, 0 told, 0 dead  alert.raised"
    assert (await commands.call("webhook", "dead")).out == ""
    assert (await commands.call("webhook", "retry", id_)).out == "0 are tried once more.\n"
    await commands.do(("webhook", "end", id_, "--reason", "over"))
    assert ": over" in (await commands.call("webhook", "list")).out
    # A person's password is set as ever.
    await set_password(study.owner, Passwords(), login="olga", password=PASSWORD, actor=ACTOR)
