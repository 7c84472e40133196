"""Where a demo is entered and as whom: all that is known before anything of it is loaded."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import Final

from pydantic import SecretStr

from pro_service.config import PortTakenError, Settings

HOST: Final = "127.0.0.1"
PHONE: Final = "/demo/phone"
DESK: Final = "/desk"
OUTSIDE: Final = "medical-monitor"
"""Who is told of an urgent matter where nobody at a site is."""
LOGINS: Final = {"coordinator": "coordinator", "investigator": "investigator"}
"""Who may sign in at the desk, by role: the second also reads answers and scores."""
DATA_MANAGER: Final = "data-manager"
"""Who sees measures beside scores, once the reads are locked, and may take free text out."""
MONITOR: Final = "monitor"
ADMINISTRATOR: Final = "administrator"
"""Who keeps staff, sites and senders, and sees nobody's record."""


@dataclass(frozen=True)
class Doors:
    """Where a running demo is entered."""

    base_url: str
    password: SecretStr
    links: dict[str, str]
    """The address of an open questionnaire by participant's code."""

    def as_json(self) -> dict[str, object]:
        """The same for a program to read."""
        return {
            "base_url": self.base_url,
            "desk": {
                "address": self.base_url + DESK,
                "user": LOGINS["coordinator"],
                "password": self.password.get_secret_value(),
            },
            "phone": self.base_url + PHONE,
            "links": self.links,
        }


def demo_settings(settings: Settings, port: int) -> Settings:
    """The settings of a demo on this port, whatever the environment says of real providers."""
    ours, theirs = check_port(settings.host, port), free_ports(1)[0]
    return settings.model_copy(
        update={
            "database_kind": "demo",
            "gateway": "simulator",
            "port": ours,
            "public_url": f"http://{HOST}:{ours}",
            "simulator_url": f"http://{HOST}:{theirs}",
        }
    )


def check_port(host: str, port: int) -> int:
    """The port, or a free one for 0. Raises PortTakenError before anything has begun."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTakenError(
                f"Port {port} on {host} cannot be listened on ({error.strerror}).",
                mend="Stop what uses it, or choose another with --port.",
            ) from None
        return int(probe.getsockname()[1])


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on now."""
    held = [socket.socket() for _ in range(count)]
    try:
        for one in held:
            one.bind((HOST, 0))
        return [int(one.getsockname()[1]) for one in held]
    finally:
        for one in held:
            one.close()
