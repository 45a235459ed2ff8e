"""How people, what they may do, and programs' tokens look on the wire."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from streetlamp.desk.people_services import Account, Role, Token
from streetlamp.desk.rights import IN_PERSON, ROLE_WORDS, ROLES, WORDS, Right
from streetlamp.desk.wire import Wire
from streetlamp.vault.accounts import LONGEST_PATTERN, MOST_PATTERNS
from streetlamp.vault.tokens import DAYS, MOST_DAYS
from streetlamp.vault.users import MAX_NAME

# printed, in one line, and not all blank; as `streetlamp.vault.users.clean_name`
_PRINTED: Final = r"^[\p{L}\p{N}\p{P}\p{S}][\p{L}\p{M}\p{N}\p{P}\p{S} ]*$"
Pattern = Annotated[str, Field(min_length=1, max_length=LONGEST_PATTERN, pattern=_PRINTED)]
Cameras = Annotated[
    list[Pattern],
    Field(
        max_length=MOST_PATTERNS,
        description="Ids, patterns such as `north-*`, or areas such as `area:North`; `*` is all.",
    ),
]
Roles = Annotated[list[Role], Field(max_length=len(Role))]
Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME, pattern=_PRINTED)]


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class GrantIn(_Said):
    """What somebody may do from now on, and nothing else. Their logins end."""

    roles: Roles
    cameras: Cameras
    enabled: bool = Field(default=True, strict=True, description="False: they cannot log in.")


class PersonIn(_Said):
    name: Name
    roles: Roles
    cameras: Cameras


class TokenIn(_Said):
    name: Name = Field(description="What it is for.")
    rights: Annotated[list[Right], Field(min_length=1, max_length=len(Right))] = Field(
        description="Out of one's own; `manage_users` and `manage_tokens` no token can have."
    )
    cameras: Cameras = Field(
        default=["*"], description="As for people; never more than one may see oneself."
    )
    days: Annotated[float, Field(gt=0, le=MOST_DAYS, strict=True)] = Field(
        default=DAYS, description="How long it lasts."
    )


class PersonOut(Wire):
    name: str
    roles: tuple[Role, ...]
    cameras: tuple[str, ...]
    enabled: bool
    invited: bool = Field(description="Has not chosen a password yet.")
    changed: float = Field(description="When what they may do changed last, POSIX seconds.")

    @classmethod
    def of(cls, account: Account) -> PersonOut:
        return cls(
            name=account.name,
            roles=in_order(account.roles),
            cameras=account.cameras,
            enabled=not account.disabled,
            invited=account.invited,
            changed=account.changed,
        )


class PeopleOut(Wire):
    people: tuple[PersonOut, ...]


class InvitedOut(Wire):
    person: PersonOut
    link: str = Field(description="Where they choose a password, once, within a day; a path.")


class RightOut(Wire):
    name: Right
    words: str
    for_tokens: bool = Field(description="Whether a token can have it.")


class RoleOut(Wire):
    name: Role
    label: str
    words: str
    rights: tuple[Right, ...]


class RightsOut(Wire):
    rights: tuple[RightOut, ...]
    roles: tuple[RoleOut, ...]

    @classmethod
    def table(cls) -> RightsOut:
        return cls(
            rights=tuple(
                RightOut(name=one, words=WORDS[one], for_tokens=one not in IN_PERSON)
                for one in Right
            ),
            roles=tuple(
                RoleOut(
                    name=role,
                    label=role.label,
                    words=ROLE_WORDS[role],
                    rights=ordered(ROLES[role]),
                )
                for role in Role
            ),
        )


class TokenOut(Wire):
    id: str
    name: str
    maker: str
    rights: tuple[str, ...]
    cameras: tuple[str, ...]
    created: float
    expires: float
    used: float | None = Field(description="When it was used last, to the minute; null: never.")

    @classmethod
    def of(cls, token: Token) -> TokenOut:
        return cls.model_validate(token)


class TokensOut(Wire):
    tokens: tuple[TokenOut, ...]


class NewTokenOut(Wire):
    token: TokenOut
    text: str = Field(description="The token itself. It is shown this once and kept nowhere.")


def in_order(roles: Collection[Role]) -> tuple[Role, ...]:
    return tuple(role for role in Role if role in roles)


def ordered(rights: Collection[Right]) -> tuple[Right, ...]:
    return tuple(right for right in Right if right in rights)
