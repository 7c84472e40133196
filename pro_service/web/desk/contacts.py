"""A contact in words: whose telephone it is and what was agreed, never the number."""

from __future__ import annotations

from pro_service.store.desk.desk import ContactLine
from pro_service.web.desk.words import Words


def contact_in_words(words: Words, contact: ContactLine) -> str:
    """Whose telephone it is, what its owner agreed to, and what keeps texts from it."""
    said = [words.word("whose", contact.relation), words.word("address", contact.kind)]
    if contact.relation != "self":
        said.append(words.text("agreed.texts" if contact.may_be_texted else "agreed.no_texts"))
        said.append(words.text("agreed.told" if contact.may_be_told else "agreed.not_told"))
        if contact.agreed_on is not None:
            said.append(words.text("agreed.on", day=words.day(contact.agreed_on)))
    if contact.silence is None and contact.kind == "email":
        said.append(words.text("address.proven"))
    if contact.silence is not None:
        by_letter = contact.kind == "email" and contact.silence == "number_unconfirmed"
        said.append(words.word("end", "email_unconfirmed" if by_letter else contact.silence))
    return " · ".join(said)
