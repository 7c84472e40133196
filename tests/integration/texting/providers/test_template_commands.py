"""`sender templates draft|load|list`: handed in, filled in, loaded, and what is still missing."""

from __future__ import annotations

from pathlib import Path

from pro_service.catalog.protocol_files import example_protocol_file
from tests.support.command import Commands

SENDER = "+12025550199"
SITE = ("--zone", "Asia/Shanghai", "--country", "CN", "--telephone", "+861085550100")


async def test_what_is_drafted_is_loaded_once_it_says_what_was_approved(
    database_url: str, tmp_path: Path
) -> None:
    commands = await Commands(database_url).do(
        ("protocol", "load", str(example_protocol_file())),
        (
            *("site", "add", "BJ01", "--name", "One", *SITE),
            *("--emergency-number", "120", "--sender", SENDER),
        ),
    )
    drafted = await commands.call("sender", "templates", "draft", SENDER)
    assert drafted.code == 0, drafted.err
    assert drafted.out.count("[[template]]") == 16
    assert "# To hand in: 【" in drafted.out
    assert "+861085550100" in drafted.out
    file = tmp_path / "templates.toml"
    file.write_text(drafted.out, "utf-8")
    early = await commands.call("sender", "templates", "load", SENDER, str(file))
    assert (early.code, "template.0.approved_on: Field required" in early.err) == (1, True)
    approved = drafted.out.replace("# approved_on = 2027-03-01", "approved_on = 2026-01-02")
    signed = [
        'signature = "健康随访"' if line.startswith("signature") else line
        for line in approved.replace('code = ""', 'code = "SMS_1"').splitlines()
    ]
    file.write_text("\n".join(signed), "utf-8")
    loaded = await commands.call("sender", "templates", "load", SENDER, str(file))
    assert (loaded.code, loaded.err) == (0, "")
    assert "16 template(s) stored; 0 stood so already." in loaded.out
    again = await commands.call("sender", "templates", "load", SENDER, str(file))
    assert "0 template(s) stored; 16 stood so already." in again.out
    listed = await commands.call("sender", "templates", "list")
    assert listed.out.count("SMS_1") == 16
    assert "No registration" not in listed.out
    unknown = await commands.call("sender", "templates", "draft", "+12025550170")
    assert (unknown.code, f"Known: {SENDER}" in unknown.err) == (1, True)
