"""Reads a page's forms the way a browser without scripts would send them."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class PageForm:
    """One form: where it goes, and what it sends unless something is changed."""

    action: str
    multipart: bool = False
    """Whether it is sent as forms are that bring a file along."""
    fields: list[tuple[str, str]] = field(default_factory=list)
    choices: dict[str, list[str]] = field(default_factory=dict)
    """Radio buttons by name, checked or not."""
    buttons: list[tuple[str, str]] = field(default_factory=list)

    def filled(self, **answers: str) -> list[tuple[str, str]]:
        """The fields with `a.<item>` set for each keyword."""
        names = {f"a.{item}" for item in answers}
        kept = [(name, value) for name, value in self.fields if name not in names]
        return kept + [(f"a.{item}", value) for item, value in answers.items()]

    @property
    def items(self) -> list[str]:
        """The codes of the items it asks, in order."""
        return [name.removeprefix("was.") for name, _ in self.fields if name.startswith("was.")]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[PageForm] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(
                PageForm(given["action"], given.get("enctype", "").startswith("multipart/"))
            )
        if not self.forms or "name" not in given:
            return
        form, name, value = self.forms[-1], given["name"], given.get("value", "")
        if tag == "button":
            form.buttons.append((name, value))
        elif tag == "input" and given.get("type") in ("radio", "checkbox"):
            form.choices.setdefault(name, []).append(value)
            if "checked" in given:
                form.fields.append((name, value))
        elif tag == "input":
            form.fields.append((name, value))


def forms_of(html: str) -> list[PageForm]:
    """Every form of a page."""
    reader = _Reader()
    reader.feed(html)
    return reader.forms


def form_to(html: str, action: str) -> PageForm:
    """The form that goes to `action`."""
    return next(form for form in forms_of(html) if form.action == action)
