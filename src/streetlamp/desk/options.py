"""What the owner may say about the desk: where the page is served and to whom."""

from __future__ import annotations

import ipaddress
import re
from typing import Final

from pydantic import Field, field_validator, model_validator

from streetlamp.options import Options

_HOST_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")


def is_loopback(host: str) -> bool:
    """Whether this host can be reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class DeskOptions(Options):
    """The page and its HTTP API."""

    host: str = Field(
        default="127.0.0.1",
        title="Address to listen on",
        description="127.0.0.1 serves this machine alone. Any other address also needs "
        "allow_remote: true.",
        examples=["127.0.0.1", "0.0.0.0"],
    )
    port: int = Field(
        default=8600,
        ge=0,
        le=65535,
        title="Port",
        description="TCP port of the page; 0 takes any free one.",
    )
    allow_remote: bool = Field(
        default=False,
        title="Allow other machines",
        description="Let other machines reach the page. The desk speaks plain HTTP: put a proxy "
        "with TLS in front of it before you use it over a network you do not own.",
    )
    names: tuple[str, ...] = Field(
        default=(),
        title="Host names",
        description="Names under which browsers may open the page, besides localhost and plain IP "
        "addresses. Any other name is refused (this stops DNS rebinding).",
        examples=[["lamp.example.org"]],
    )
    session_hours: float = Field(
        default=12.0,
        gt=0,
        le=24 * 30,
        title="Session length, hours",
        description="How long a login lasts without use before the password is asked again.",
    )
    max_viewers: int = Field(
        default=64,
        ge=1,
        le=4096,
        title="Live views at once",
        description="How many live views may be open at once; the next one is told to wait.",
    )
    max_export_minutes: float = Field(
        default=120.0,
        gt=0,
        le=24 * 60,
        title="Longest export, minutes",
        description="The longest stretch of recording one export may hold.",
    )

    open_metrics: bool = Field(
        default=False,
        title="Metrics without a login",
        description="Answer /metrics without a login to programs on this machine (a Prometheus "
        "agent). It holds figures and the cameras' names, no pictures. Leave it off where a proxy "
        "on this machine passes requests on: to the desk they look as if they came from here.",
    )

    @field_validator("names")
    @classmethod
    def _plain_names(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        lowered = tuple(name.strip().lower().rstrip(".") for name in names)
        for name in lowered:
            if not _HOST_NAME.fullmatch(name):
                raise ValueError(f"{name!r} is not a host name; write it without http:// and port")
        return lowered

    @model_validator(mode="after")
    def _remote_on_purpose(self) -> DeskOptions:
        if not self.allow_remote and not is_loopback(self.host):
            raise ValueError(
                f"host {self.host} would let other machines in; if you want that, "
                "add allow_remote: true, otherwise use 127.0.0.1"
            )
        return self
