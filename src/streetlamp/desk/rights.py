"""What may be done at the desk, and who may do it: one table.

Every route names one of these rights (`streetlamp.desk.auth.may`); a test goes over all routes and
all roles. ``docs/15-people-and-rights.md`` is made from this file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from typing import Final

from streetlamp.vault.roles import Role


class Right(StrEnum):
    """One thing that may be done. A right about cameras holds for the cameras one may see."""

    VIEW_SITE = "view_site"
    VIEW_LIVE = "view_live"
    VIEW_RECORDINGS = "view_recordings"
    EXPORT = "export"
    VIEW_ALARMS = "view_alarms"
    ANSWER_ALARMS = "answer_alarms"
    SHELVE = "shelve"
    SET_MODE = "set_mode"
    VIEW_COUNTS = "view_counts"
    VIEW_FLEET = "view_fleet"
    VIEW_REPORTS = "view_reports"
    PLAN_MAINTENANCE = "plan_maintenance"
    CHANGE_RULES = "change_rules"
    BACKTEST = "backtest"
    MANAGE_NOTIFY = "manage_notify"
    VIEW_METERS = "view_meters"
    HANDLE_FINDINGS = "handle_findings"
    VIEW_STOCK = "view_stock"
    NOTE_STOCK = "note_stock"
    CORRECT_STOCK = "correct_stock"
    VIEW_METRICS = "view_metrics"
    READ_AUDIT = "read_audit"
    JUDGE_HIDING = "judge_hiding"
    MANAGE_SITE = "manage_site"
    MANAGE_TOKENS = "manage_tokens"
    MANAGE_USERS = "manage_users"


WORDS: Final[Mapping[Right, str]] = {
    Right.VIEW_SITE: "See the names and states of cameras, the disk and the load.",
    Right.VIEW_LIVE: "Watch masked live pictures: the wall and single cameras.",
    Right.VIEW_RECORDINGS: "Watch masked recordings and the clips of alarms.",
    Right.EXPORT: "Save stretches of masked recording, and tables of counts and events, as files.",
    Right.VIEW_ALARMS: "See alarms, events and what was done about them, and the shift's handover.",
    Right.ANSWER_ALARMS: "Answer alarms, write notes, have one's own browsers told of them.",
    Right.SHELVE: "Shelve alarms and bring them back.",
    Right.SET_MODE: "Change the mode the site is in: say, armed or open.",
    Right.VIEW_COUNTS: "See the counts and the maps of where people walk and wait.",
    Right.VIEW_FLEET: "See the health of cameras and feeds, plans and maps.",
    Right.VIEW_REPORTS: "See reports of serviceability and of alarms.",
    Right.PLAN_MAINTENANCE: "Plan maintenance, take over a camera's changed view.",
    Right.CHANGE_RULES: "Change zones, lines and rules.",
    Right.BACKTEST: "Try rules on recordings.",
    Right.MANAGE_NOTIFY: "Say who is told of alarms, look at what was not delivered.",
    Right.VIEW_METERS: "See what was found at meters, what waiting costs, and the readings of the "
    "site's own meters and districts; of the whole site.",
    Right.HANDLE_FINDINGS: "See a household's readings around an open finding; each look is "
    "written down.",
    Right.VIEW_STOCK: "See tanks and stores: balances, findings, ledger; of the whole site.",
    Right.NOTE_STOCK: "Note entries in a store's ledger, and correct one's own.",
    Right.CORRECT_STOCK: "Correct what others noted in a store's ledger.",
    Right.VIEW_METRICS: "Read the figures for monitoring.",
    Right.READ_AUDIT: "Read who looked at what and who changed what, of the whole site.",
    Right.JUDGE_HIDING: "See how well people are hidden, judge findings, cut out leaks.",
    Right.MANAGE_SITE: "Search for cameras, look at devices and restart them.",
    Right.MANAGE_TOKENS: "Make tokens for programs out of one's own rights, revoke them.",
    Right.MANAGE_USERS: "Let people in and out, say what each may do, revoke any token.",
}

ROLE_WORDS: Final[Mapping[Role, str]] = {
    Role.OPERATOR: "On duty: live pictures, alarms, recordings and counts of their cameras.",
    Role.SUPERVISOR: "Leads them: the same, and rules, reports, planned maintenance, exports.",
    Role.PRIVACY: "Answers for data protection: the audit log and how well people are hidden; no "
    "live pictures, no recordings.",
    Role.ADMIN: "Runs the installation: people, tokens, cameras and their health; no recordings, "
    "no audit log.",
}

_OPERATOR: Final = frozenset(
    {
        Right.VIEW_SITE,
        Right.VIEW_LIVE,
        Right.VIEW_RECORDINGS,
        Right.VIEW_ALARMS,
        Right.ANSWER_ALARMS,
        Right.SHELVE,  # as ISA-18.2 has it: by who answers, with an end, and written down
        Right.VIEW_COUNTS,
        Right.VIEW_METERS,
        Right.HANDLE_FINDINGS,
        Right.VIEW_STOCK,
        Right.NOTE_STOCK,
    }
)

ROLES: Final[Mapping[Role, frozenset[Right]]] = {
    Role.OPERATOR: _OPERATOR,
    Role.SUPERVISOR: _OPERATOR
    | {
        Right.EXPORT,
        Right.SET_MODE,
        Right.VIEW_FLEET,
        Right.VIEW_REPORTS,
        Right.PLAN_MAINTENANCE,
        Right.CHANGE_RULES,
        Right.BACKTEST,
        Right.MANAGE_NOTIFY,
        Right.MANAGE_TOKENS,
        Right.CORRECT_STOCK,
    },
    # Judges the others' use of pictures, so has none to use.
    Role.PRIVACY: frozenset(
        {Right.VIEW_SITE, Right.READ_AUDIT, Right.JUDGE_HIDING, Right.MANAGE_TOKENS}
    ),
    # Sees that cameras work. Reading the log of what admins do is for somebody else.
    Role.ADMIN: frozenset(
        {
            Right.VIEW_SITE,
            Right.VIEW_LIVE,
            Right.VIEW_FLEET,
            Right.VIEW_REPORTS,
            Right.MANAGE_NOTIFY,
            Right.VIEW_METRICS,
            Right.MANAGE_SITE,
            Right.MANAGE_TOKENS,
            Right.MANAGE_USERS,
        }
    ),
}

IN_PERSON: Final = frozenset({Right.MANAGE_TOKENS, Right.MANAGE_USERS, Right.HANDLE_FINDINGS})
"""Rights no token can have: a program that leaks must not be able to let others in, and who looks
at a household's readings is somebody with a name."""


def rights_of(roles: Iterable[Role]) -> frozenset[Right]:
    """Everything that one of the roles may do."""
    return frozenset(right for role in roles for right in ROLES[role])


def known_rights(words: Collection[str]) -> frozenset[Right]:
    """The rights these words name. A word that is none (any more) opens nothing."""
    return frozenset(right for right in Right if right.value in words)


def rights_table() -> str:
    """The table of rights by role, as Markdown."""
    lines = [
        "| right | what it lets do | " + " | ".join(role.label for role in Role) + " | token |"
    ]
    lines.append("|---" * (len(Role) + 3) + "|")
    for right in Right:
        marks = ["yes" if right in ROLES[role] else "–" for role in Role]
        token = "–" if right in IN_PERSON else "yes"
        lines.append(f"| `{right}` | {WORDS[right]} | " + " | ".join(marks) + f" | {token} |")
    return "\n".join(lines) + "\n"
