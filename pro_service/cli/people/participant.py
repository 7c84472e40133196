"""The group `participant`, put together from the modules that say what is done to one."""

from __future__ import annotations

from pro_service.cli.people import (
    cards,
    consents,
    contacts,
    erasing,
    numbers,
    participants,
    restricting,
    safety,
)

participant_app = participants.participant_app
participant_app.command("new-card")(cards.new_card)
participant_app.command("restrict")(restricting.restrict_command)
participant_app.command("erase")(erasing.erase_command)
participant_app.add_typer(consents.consent_app, name="consent")
participant_app.add_typer(contacts.contact_app, name="contact")
participant_app.add_typer(safety.safety_app, name="safety")
numbers.register(participant_app)
