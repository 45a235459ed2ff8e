"""What people are to a site. What each of these may do stands in `desk.rights`."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """A part somebody plays. One person may play several."""

    OPERATOR = "operator"
    SUPERVISOR = "supervisor"
    PRIVACY = "privacy_officer"
    ADMIN = "admin"

    @property
    def label(self) -> str:
        return self.value.replace("_", " ")


EVERY_ROLE: Final = frozenset(Role)
EVERY_CAMERA: Final = ("*",)
