"""How much a device may say, and how long it may take: far above what any real one needs."""

from __future__ import annotations

from typing import Final

BODY_BYTES: Final = 2 * 1024 * 1024  # one SOAP answer; a recorder of 128 channels sends 400 KB
XML_ELEMENTS: Final = 60_000  # in one answer
XML_DEPTH: Final = 64
REQUEST_SECONDS: Final = 10.0  # one question, from connecting to the last byte
DEVICE_SECONDS: Final = 30.0  # all questions to one device
DEVICES_AT_ONCE: Final = 16
ALL_SECONDS: Final = 240.0  # all questions to all devices of one search
CONNECT_SECONDS: Final = 4.0
PROFILES: Final = 256  # of one device
PRESETS: Final = 1024
FACTS_AT_ONCE: Final = 100  # events in one answer
TEXT: Final = 80  # letters of a name that are kept
URL: Final = 1024  # letters of an address

DATAGRAM_BYTES: Final = 64 * 1024
DATAGRAMS: Final = 4096  # of one search; what comes after is not read
DEVICES: Final = 512  # of one search
ANSWERS_A_HOST: Final = 64  # a recorder may answer once for each of its channels
