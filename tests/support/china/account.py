"""An account at each fake, and the gateway of ours that uses it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final, Literal, NamedTuple

from pydantic import SecretStr

from pro_service.messaging.aliyun import wire as aliyun_wire
from pro_service.messaging.aliyun.gateway import AliyunGateway
from pro_service.messaging.tencent import wire as tencent_wire
from pro_service.messaging.tencent.gateway import Account, TencentGateway
from tests.support.china import aliyun, tencent
from tests.support.china.faults import PUSH_SECRET, ChinaFake, Faults

ChinaName = Literal["aliyun", "tencent"]
ChinaGateway = AliyunGateway | TencentGateway
SIGNATURE: Final = "康复随访"


class Approved(NamedTuple):
    """A template as a fake knows it: its variables are named in their order."""

    code: str
    signature: str
    names: tuple[str, ...]


def aliyun_gateway(api_base: str, bound: timedelta) -> AliyunGateway:
    """Our gateway to Aliyun's fake."""
    key = aliyun_wire.Credentials(aliyun.KEY_ID, SecretStr(aliyun.KEY_SECRET))
    return AliyunGateway(key, SecretStr(PUSH_SECRET), api_base=api_base, call_bound=bound)


def tencent_gateway(api_base: str, bound: timedelta) -> TencentGateway:
    """Our gateway to Tencent's fake."""
    key = tencent_wire.Credentials(tencent.SECRET_ID, SecretStr(tencent.SECRET_KEY))
    account = Account(key, tencent.APP_ID, "ap-guangzhou")
    return TencentGateway(account, SecretStr(PUSH_SECRET), api_base=api_base, call_bound=bound)


class China(NamedTuple):
    """How a provider's fake and the gateway to it are made."""

    fake: Callable[[Faults | None], ChinaFake]
    gateway: Callable[[str, timedelta], ChinaGateway]


PROVIDERS: Final[dict[ChinaName, China]] = {
    "aliyun": China(aliyun.AliyunFake, aliyun_gateway),
    "tencent": China(tencent.TencentFake, tencent_gateway),
}


def approve(fake: ChinaFake, *templates: Approved) -> None:
    """Let a fake know signatures and templates as approved."""
    for one in templates:
        fake.signatures.add(one.signature)
        fake.templates[one.code] = one.names
