"""A group whose commands are loaded when one of them is run: help names them all and loads none."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, ClassVar, NamedTuple

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

from pro_service.domain.errors import ProServiceError


class Entry(NamedTuple):
    """One command, or one group of commands, and where it is."""

    name: str
    help: str
    """The first sentence of what the command says of itself."""
    place: str
    """The module below `pro_service.cli`, a colon, and the function, the group, or `register`."""


class LazyGroup(TyperGroup):
    """Stand-ins say name and help; the command itself takes its place before it is run."""

    entries: ClassVar[dict[str, Entry]] = {}

    def invoke(self, ctx: Any) -> Any:
        """Run a command. What is wrong with its options or files is one line, as in its work."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            error.message = error.message.removeprefix("Value error, ")  # pydantic's, not ours.
            raise
        except ProServiceError as error:
            typer.echo(f"error: {error}", err=True)
            raise typer.Exit(1) from None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Load the command that is named, and find it."""
        self.load(args[0])
        return super().resolve_command(ctx, args)

    def load(self, name: str) -> None:
        """Put the command of this name in its stand-in's place."""
        if name in self.entries:
            self.commands[name] = _load(self.entries[name])

    def load_all(self) -> None:
        """Load every command, for whoever looks at all of them."""
        for name in self.entries:
            self.load(name)


@contextmanager
def loading() -> Iterator[None]:
    """Collect nothing while modules are loaded, nor look at them later: they stay to the end.

    Looking at all of them over and over took a tenth of the time a command needs to begin.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def lazy_group(entries: Iterable[Entry]) -> type[LazyGroup]:
    """The class of a group that has these commands."""
    return type("Commands", (LazyGroup,), {"entries": {entry.name: entry for entry in entries}})


def loaded(app: typer.Typer) -> LazyGroup:
    """The group with every command loaded, for whoever looks at all of them."""
    group = get_command(app)
    if not isinstance(group, LazyGroup):
        raise TypeError("No group of lazy commands.")
    group.load_all()
    return group


def register(app: typer.Typer, entries: Iterable[Entry]) -> None:
    """Give a group the stand-ins of its commands, in this order."""
    for entry in entries:
        app.command(entry.name, help=entry.help)(_stand_in)


def _stand_in() -> None:
    """Is never run: the command it stands for is."""


def _load(entry: Entry) -> Any:
    module, _, named = entry.place.partition(":")
    with loading():
        found: typer.Typer | Callable[..., Any] = getattr(
            import_module(f"pro_service.cli.{module}"), named
        )
    if isinstance(found, typer.Typer):
        group = get_group(found)
        group.name = entry.name
        return group
    alone = typer.Typer(add_completion=False)
    if named == "register":
        found(alone)
    else:
        alone.command(entry.name)(found)
    return get_command(alone)
