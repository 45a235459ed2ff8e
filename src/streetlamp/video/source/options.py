"""What an owner may say about where a camera's pictures come from."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import ConfigDict, Field, SecretStr, field_validator, model_validator

from streetlamp.options import Options
from streetlamp.video.source.address import Address
from streetlamp.video.source.tls import TRUSTED, check_choice


class SourceOptions(Options):
    """Where the pictures come from and how to fetch them.

    A user name and password written into ``url`` are moved to ``username`` and ``password`` when
    the options are made, so that printing the options never shows them.
    """

    model_config = ConfigDict(hide_input_in_errors=True)

    url: str = Field(
        title="Address",
        description="A file, a folder of clips or pictures, a webcam's number, or an address such "
        "as rtsp://192.168.1.20/stream, http://192.168.1.20/video.mjpg or test:.",
        min_length=1,
    )
    username: str = Field(
        default="", title="User name", description="Name to log in to the camera with.", repr=False
    )
    password: SecretStr = Field(
        default=SecretStr(""), title="Password", description="Password of that user. Never printed."
    )
    loop: bool | None = Field(
        default=None,
        title="Play again and again",
        description="Start a file again at its end. Left out: yes in `run`, no in `process`.",
    )
    transport: Literal["tcp", "udp"] = Field(
        default="tcp",
        title="RTSP transport",
        description="How an RTSP camera sends its pictures. tcp loses nothing; udp only where a "
        "camera cannot do tcp.",
    )
    certificate: str = Field(
        default=TRUSTED,
        title="Certificate of an rtsps camera",
        description="Whose certificate is believed. trusted: one that this machine's authorities "
        "vouch for. sha256:… : exactly the one with this fingerprint, which suits a camera's own; "
        "the message that refuses it tells the fingerprint. A .pem file: what is in it, or signed "
        "by it. any: whatever comes, so that somebody in between can read the login.",
    )
    fps: float | None = Field(
        default=None,
        title="Pictures a second",
        description="For what carries no times of its own (picture folders, raw H.264, webcams). "
        "Left out: what the stream says, else 25.",
        gt=0,
        le=240,
    )
    start_time: float = Field(
        default=0.0,
        title="Time of the first picture",
        description="For `process`: POSIX seconds that the first picture is given.",
    )
    open_timeout: float = Field(
        default=10.0,
        title="Patience when connecting",
        description="Seconds to wait for a camera to answer and send its first picture.",
        gt=0,
        le=300,
    )
    read_timeout: float = Field(
        default=10.0,
        title="Patience for the next picture",
        description="Seconds without a picture after which a camera counts as gone.",
        gt=0,
        le=300,
    )
    threads: int = Field(
        default=1,
        title="Decoder threads",
        description="Threads that decode one camera. 1 costs least processor time; more make one "
        "clip come faster; 0 lets the decoder choose.",
        ge=0,
        le=64,
    )

    @field_validator("certificate")
    @classmethod
    def _known_choice(cls, value: str) -> str:
        return check_choice(value)

    @model_validator(mode="before")
    @classmethod
    def _take_login_out_of_the_url(cls, data: Any) -> Any:
        if not isinstance(data, dict) or not isinstance(data.get("url"), str):
            return data
        address = Address.parse(data["url"])
        if address.username or address.password:
            data = {**data, "url": address.bare}
            data.setdefault("username", address.username)
            data.setdefault("password", address.password)
        return data

    def at(self, url: str) -> Self:
        """The same options for another address (a login in it wins over the one here)."""
        address = Address.parse(url)
        update: dict[str, Any] = {"url": address.bare}
        if address.username or address.password:
            update |= {"username": address.username, "password": SecretStr(address.password)}
        return self.model_copy(update=update)
