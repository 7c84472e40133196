"""What services know of a provider: records, errors and the interface. No provider is named here.

Addresses, bodies, URLs' signatures and secrets never show in a repr, a message or a log line.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import (
    Annotated,
    ClassVar,
    Final,
    Generic,
    Literal,
    Protocol,
    TypeVar,
    runtime_checkable,
)
from urllib.parse import parse_qsl, quote, urlsplit
from uuid import UUID

from pydantic import AfterValidator, Field

from pro_service.domain.delivery.states import MessageState
from pro_service.domain.errors import ProServiceError
from pro_service.domain.record import Record
from pro_service.domain.tables.characters import has_control, without_controls

MESSAGE_PARAMETER: Final = "message"

Effect = Literal["bad_number", "opted_out", "hold"]
Verdict = Literal["stop", "start", "help"]
"""What a provider took a text for by its own list of words, and has acted upon and answered."""
Proof = Literal["signed", "pulled", "unsigned"]
"""What says that a text came from its provider: a signature over it, our own call that fetched it,
or nothing but an address that others should not know."""


class Registered(Record):
    """What a provider has approved beforehand, to be sent instead of words of our own."""

    code: str
    """The template's code at the provider."""
    signature: str
    """The registered name of who writes, without brackets."""
    parameters: tuple[tuple[str, str], ...] = Field((), repr=False)
    """Name and value, in the template's order: one provider goes by names, another by places."""


class OutboundText(Record):
    """One text to send. `message_id` is ours; `status_callback` carries it back to us."""

    message_id: UUID
    our_address: str = Field(repr=False)
    their_address: str = Field(repr=False)
    body: str = Field(repr=False)
    """The words the participant reads; of a registered text signature and filled template."""
    registered: Registered | None = None
    """What is handed over in place of `body`, where the provider takes no free text."""
    status_callback: str | None
    """None: what becomes of it is not asked."""
    valid_for: timedelta | None = None
    """After this long in the provider's queue the text is to be dropped; None: never."""
    words_known: bool = True
    """False: `body` is not what was sent, for that was lost; only ever looked for, by the rest."""
    stop_address: str | None = Field(None, repr=False)
    """Of a letter: where its reader asks for no more of them, by hand or by the mail program."""
    in_answer: bool = False
    """It was said in a webhook's answer instead of handed over by a call; only ever looked for."""


class Accepted(Record):
    """The provider has the text under this id."""

    provider_id: str


class Found(Accepted):
    """A text the provider's list has, and where it stands there, where the list tells that."""

    state: MessageState = MessageState.accepted
    error_code: str | None = None
    effect: Effect | None = None
    """What the error asks for beyond this message, as a receipt says it."""


class WebhookRequest(Record):
    """A request from a provider as it came in; `url` is the public one with its raw query."""

    url: str = Field(repr=False)
    headers: Mapping[str, str] = Field(repr=False)
    body: bytes = Field(repr=False)

    def header(self, name: str) -> str | None:
        """The header of that name, whatever its case."""
        wanted = name.lower()
        return next((text for key, text in self.headers.items() if key.lower() == wanted), None)


def _plain_word(text: str) -> str:
    if has_control(text) or not text.isprintable() or len(text) > LONGEST_WORD:
        raise ValueError("is no id, address or code")
    return text


LONGEST_WORD: Final = 200
LONGEST_COUNT: Final = 4
PlainWord = Annotated[str, AfterValidator(_plain_word)]
"""An id, an address or a code of a provider: what could not be one is refused."""
FreeText = Annotated[str, AfterValidator(without_controls)]
"""What somebody typed: control characters, which no telephone has, go."""


class InboundText(Record):
    """A text a participant sent, exactly as the provider passed it on."""

    provider_id: PlainWord
    our_address: PlainWord | None = Field(repr=False)
    """The address of ours it came to; None where the provider tells only by what it came."""
    their_address: PlainWord = Field(repr=False)
    body: FreeText = Field(repr=False)
    media_count: int = 0
    received_at: datetime | None = None
    """When the provider had it (machine time, whole seconds), where that is known: a list says so,
    a webhook does not."""
    service_address: PlainWord | None = Field(default=None, repr=False)
    """The provider's pool of numbers that took it, where our sender is a pool and not a number."""
    verdict: Verdict | None = None
    """What the provider itself took it for: it has stopped or let go its texts to the number, or
    given help, and said so. Our books follow its, whatever the words."""
    routes: tuple[PlainWord, ...] = Field((), repr=False)
    """By what it came, the most exact first: a number of the provider's, a signature, an account;
    each may be known to be an alias of one of our senders."""
    proof: Proof = "signed"
    """What is unsigned may stop texts or be read by somebody; it never becomes an answer."""


class DeliveryReceipt(Record):
    """What the provider says became of a text.

    `message_id` comes from the callback's URL, None if it carries none. `status` is our word, None
    for a status we do not know; `provider_status` is the provider's own word, always stored.
    """

    provider_id: PlainWord
    message_id: UUID | None
    status: MessageState | None
    provider_status: PlainWord
    error_code: PlainWord | None = None
    effect: Effect | None = None
    """What the error asks for beyond this message, in the words a refused call uses."""


def media_count_of(text: str) -> int:
    """How many pictures came along, as a provider says it. Raises ValueError for no such count."""
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_COUNT):
        raise ValueError
    return int(text)


def verdict_of(word: str | None) -> Verdict | None:
    """The verdict a provider's word says, in any case; None for none, or one we do not know."""
    known: dict[str, Verdict] = {"stop": "stop", "start": "start", "help": "help"}
    return None if word is None else known.get(word.strip().lower())


_Item = TypeVar("_Item", InboundText, DeliveryReceipt)


class Batch(Record, Generic[_Item]):
    """What one request of a provider brought: all of it that could be read."""

    items: tuple[_Item, ...] = Field((), repr=False)
    broken: int = 0
    """Elements that could not be read. They refuse none of the others."""


class ReplyBody(Record):
    """The body of our answer to an inbound webhook."""

    content_type: str
    body: str = Field(repr=False)


class Gateway(Protocol):
    """A provider of text messages. Every call out is bounded in time by the gateway itself."""

    name: str

    async def send(self, text: OutboundText) -> Accepted:
        """Hand over one text, once. Raises NotAcceptedError, RejectedError, AmbiguousError."""
        ...

    async def find(
        self, text: OutboundText, *, earliest: datetime, latest: datetime | None
    ) -> tuple[Found, ...]:
        """What the provider's list shows that can be this text, likeliest first.

        The call was made at `earliest` or after and, where that is known, not after `latest`
        (machine time). Nothing found proves nothing. Where a provider keeps no reference of ours,
        what is found may be another text of the same words: the caller leaves out ids it knows to
        be other messages'. Raises LookupFailedError.
        """
        ...

    def parse_inbound(self, request: WebhookRequest) -> Batch[InboundText]:
        """Check and read what came in. Raises ForgedWebhookError, UnreadableWebhookError."""
        ...

    def parse_receipts(self, request: WebhookRequest) -> Batch[DeliveryReceipt]:
        """Check and read receipts. Raises ForgedWebhookError, UnreadableWebhookError."""
        ...

    def reply(self, text: str | None, status_callback: str | None = None) -> ReplyBody:
        """The answer to an inbound webhook; `text` None says nothing to the participant."""
        ...

    async def close(self) -> None:
        """Finish and release connections."""
        ...


@runtime_checkable
class Pushes(Protocol):
    """A provider that pushes batches it does not sign, and hears nothing but that they came.

    A push is stored as it is and acknowledged at once; what it holds is read afterwards.
    """

    def knows(self, secret: str) -> bool:
        """Whether an address that was called holds our secret; compared in constant time."""
        ...

    def acknowledge(self) -> ReplyBody:
        """What a push is answered with, with status 200, once it is stored."""
        ...


@runtime_checkable
class ListsInbound(Protocol):
    """A provider whose list shows texts even where their webhook was given up."""

    async def list_inbound(
        self, our_address: str, *, since: datetime, until: datetime
    ) -> tuple[InboundText, ...]:
        """The texts that came to one of our addresses in [since, until), in their order.

        Raises LookupFailedError.
        """
        ...


@runtime_checkable
class ListsByNumber(Protocol):
    """A provider that shows what came from a telephone to whoever names it, and nothing else."""

    async def list_replies(
        self, their_address: str, *, since: datetime, until: datetime
    ) -> tuple[InboundText, ...]:
        """The texts that came from a number in [since, until), in their order; as if pushed.

        Raises LookupFailedError.
        """
        ...


class GatewayError(ProServiceError):
    """The provider could not be used."""

    retryable: ClassVar[bool] = False
    """Whether the same message may be handed over again."""


class NotAcceptedError(GatewayError):
    """The provider certainly did not take the text; it may be tried again later."""

    retryable: ClassVar[bool] = True


class AmbiguousError(GatewayError):
    """The call broke off; the text may have been sent and must not be sent again."""


class LookupFailedError(GatewayError):
    """The provider's list could not be read; looking again does no harm."""

    retryable: ClassVar[bool] = True


class RejectedError(GatewayError):
    """The provider refused the text for good."""

    def __init__(self, code: str, effect: Effect) -> None:
        """Keep the provider's `code` and what follows: a bad number, an opt-out, or a hold."""
        super().__init__(f"The provider refused the text for good ({code}: {effect}).")
        self.code = code
        self.effect: Effect = effect


class WebhookError(ProServiceError):
    """A provider's request was not accepted."""


class ForgedWebhookError(WebhookError):
    """A webhook's signature is missing or wrong."""


class UnreadableWebhookError(WebhookError):
    """A webhook is signed but its content cannot be read."""


class RecutWebhookError(UnreadableWebhookError):
    """A webhook is signed, but not of the exact form in which its provider sends it."""


def status_callback_url(public_url: str, provider: str, message_id: UUID) -> str:
    """The address for receipts about one message: `<public>/hooks/<provider>/status?message=<id>`.

    It carries our id, so a receipt binds a message even if the reply to our call was lost.
    """
    base = f"{public_url.rstrip('/')}/hooks/{quote(provider)}/status"
    return f"{base}?{MESSAGE_PARAMETER}={message_id}"


def message_id_of(url: str) -> UUID | None:
    """Our message id in a callback's URL; None if there is none that can be read."""
    values = dict(parse_qsl(urlsplit(url).query))
    try:
        return UUID(values[MESSAGE_PARAMETER])
    except (KeyError, ValueError):
        return None
