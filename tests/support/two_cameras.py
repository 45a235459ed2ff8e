"""A desk with two cameras that each have one of everything, and people who may see one of them.

`OWN` is the camera that everybody but the owner may see; `OTHER` is the one they may not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from streetlamp.alarms.care import AlarmCare
from streetlamp.alarms.options import AlarmOptions
from streetlamp.app.desk_rules import DeskRules
from streetlamp.desk.fleet_services import CameraNow, Standing
from streetlamp.desk.rights import IN_PERSON, Right
from streetlamp.desk.services import AtView, CameraView, PlanView, RuleView, SiteView
from streetlamp.fleet.onvif.discovery import Search
from streetlamp.fleet.onvif.errors import LoginError
from streetlamp.inspection.report import CameraReport, report_camera
from streetlamp.notify.base import Notifier
from streetlamp.notify.keeper import NotifyKeeper
from streetlamp.notify.trial import Outcome
from streetlamp.site import parse_site
from streetlamp.store import (
    AlarmGroups,
    Alarms,
    Database,
    FindingRow,
    Findings,
    GroupRow,
    Outbox,
    Post,
    PostState,
    RuleSets,
    Told,
)
from streetlamp.store.inspections import Sighting, Verdict
from streetlamp.values import CameraState, CameraStatus, Count, Severity
from streetlamp.vault.roles import EVERY_CAMERA, EVERY_ROLE, Role
from support.alarms import alarm
from support.check_notifier import make
from support.fleet import SmallFleet
from support.house import fragments
from support.lamp import PASSWORD, T0, Lamp, start_lamp
from support.notify import ABOUT, Recorder
from support.stores import small_stores

OWN, OTHER = "gate", "dock"
OWNER = "ada"  # plays every role, sees every camera
MIXED = "mixed"  # a group with alarms of both, of a switch that is the other's
_RULES = """\
cameras:
  gate: {source: 'test:', rules: [{rule: intrusion, name: night}]}
  dock: {source: 'test:', rules: [{rule: intrusion, name: night}]}
"""


def _camera(id_: str, area: str) -> CameraView:
    rule = RuleView("night", "intrusion", "", Severity.CRITICAL)
    return CameraView(id_, id_.title(), area, rules=(rule,), at=AtView(f"plan-{id_}", 0.5, 0.5))


def _site(folder: Path) -> SiteView:
    plans = []
    for id_ in (OWN, OTHER):
        map_ = folder / id_
        map_.mkdir(parents=True)
        (map_ / "a.json").write_text("{}")
        (map_ / "style.json").write_text('{"version": 8, "sources": {}, "layers": []}')
        picture = map_ / "plan.svg"
        picture.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
        plans.append(
            PlanView(f"plan-{id_}", id_, picture, "image/svg+xml", style=map_ / "style.json")
        )
    cameras = (_camera(OWN, "North"), _camera(OTHER, "South"))
    return SiteView("Riverside", "Europe/Berlin", cameras, kept_days=7.0, plans=tuple(plans))


@dataclass
class SmallHiding:
    """As the desk's `HidingAudit`, with a sighting of each camera. Removing removes nothing."""

    found: dict[str, Sighting] = field(default_factory=dict)
    pictures: bytes = b"\xff\xd8\xff\xd9"

    def reports(self, now: float) -> Sequence[CameraReport]:
        del now
        return [report_camera(one, (), ()) for one in (OWN, OTHER)]

    def sightings(
        self, limit: int = 50, sees: Callable[[str], bool] | None = None
    ) -> Sequence[Sighting]:
        seen = [one for one in self.found.values() if sees is None or sees(one.camera)]
        return seen[:limit]

    def get(self, id: str) -> Sighting:  # noqa: A002
        return self.found[id]

    def judge(self, id: str, verdict: Verdict, actor: str, now: float) -> Sighting:  # noqa: A002
        return replace(self.found[id], verdict=verdict, judge=actor, judged=now)

    def remove(self, id: str, actor: str, now: float) -> Sighting:  # noqa: A002
        return self.judge(id, Verdict.REMOVED, actor, now)

    def still(self, id: str) -> bytes | None:  # noqa: A002
        return self.pictures if id in self.found else None


class NoNetwork:
    """A finder that finds nobody, and asks nobody: every device wants another login."""

    def search(self, now: float) -> Search:
        del now
        return Search(())

    def look(self, *about: object) -> None:
        raise LoginError("no network in tests")

    reboot = look


class AtRest(NotifyKeeper):
    """Notification that sends nothing: what is tested is taken."""

    def test(self, name: str, parts: Sequence[str] | None = None) -> list[Outcome]:
        return [Outcome(name, part, True, "taken") for part in parts or [""]]


@dataclass
class TwoCameras:
    """The desk, and who may call it."""

    lamp: Lamp
    token: str
    segments: dict[str, str]  # by camera
    care: AlarmCare
    keeper: NotifyKeeper

    def thing(self, camera: str) -> dict[str, str]:
        """Path parameters of things of this camera, by the path up to them."""
        return {
            "/api/cameras/{id}": camera,
            "/api/fleet/cameras/{id}": camera,
            "/api/live/camera/{id}": camera,
            "/api/alarms/{id}": f"a-{camera}",
            "/api/alarms/groups/{id}": f"g-{camera}",
            "/api/alarms/shelves/{seq}": str(self.shelf(camera)),
            "/api/notify/letters/{key}": f"m-{camera}",
            "/api/segments/{id}": self.segments[camera],
            "/api/hiding/sightings/{id}": f"s-{camera}",
            "/api/plans/{id}": f"plan-{camera}",
        }

    def shelf(self, camera: str) -> int:
        """The number of a shelf of this camera; of a new one where somebody has ended the last."""
        now = self.lamp.clock.now
        running = [one.seq for one in self.care.shelves(now) if one.camera == camera]
        if not running:
            why = f"works at the {camera}"
            running = [self.care.shelve(f"q-{camera}", "place", OWNER, why, now, 3600).seq]
        return running[0]


def _alarms(lamp: Lamp, db: Database) -> None:
    """Of each camera one that stands alone, one that is in a group of its own, one in a mixed one,
    and one of a rule that is on a shelf."""
    groups = []
    for id_ in (OWN, OTHER):
        lamp.raise_alarm(f"a-{id_}", camera=id_)
        lamp.raise_alarm(f"q-{id_}", camera=id_, rule="quiet")
        groups.append(GroupRow(f"g-{id_}", "camera", id_, Severity.WARNING, "", T0, T0))
        for group in (f"g-{id_}", MIXED):
            one = alarm(f"{group}-{id_}", camera=id_, rule="rain", group=group)
            Alarms(db).save(one, one.steps)
    why = f"2 cameras behind {OTHER} switch, within 9 s"
    groups.append(GroupRow(MIXED, "switch", f"{OTHER} switch", Severity.HIGH, why, T0, T0 + 9))
    AlarmGroups(db).save_all(groups)


def _findings(db: Database) -> None:
    """What stands behind the first alarm of each; no camera finds such things."""
    Findings(db).put(
        [
            FindingRow(
                # of a store: a household's picture asks for more (tests/desk/test_meter_routes.py)
                f"a-{id_}", "stock", f"{id_} main", "leak", T0, T0 + 60, None, 3.0, "L/h", 0.9,
                "3 L/h flowed in every hour.", {}, "<svg xmlns='http://www.w3.org/2000/svg'/>",
            )
            for id_ in (OWN, OTHER)
        ]
    )  # fmt: skip


def _letters(db: Database) -> None:
    """A message that was given up, of an alarm of each camera."""
    for id_ in (OWN, OTHER):
        body = {"title": f"Somebody is at the {id_}", "text": ""}
        post = Post(f"m-{id_}", "porter", "", T0, T0, state=PostState.DEAD, count=1, body=body)
        told = Told("porter", "", f"a-{id_}", 0, 3, T0, "raised", post.key)
        Outbox(db).put([post], [told])


def start_two_cameras(folder: Path) -> TwoCameras:
    folder.mkdir()
    hiding = SmallHiding()
    for id_ in (OWN, OTHER):
        seen = Sighting(f"s-{id_}", id_, T0, (192, 128), (1.0, 2.0, 3.0, 4.0), 0.9, Verdict.OPEN)
        hiding.found[seen.id] = seen
    now = [CameraNow(one, Standing.WELL, T0) for one in (OWN, OTHER)]
    fleet = SmallFleet(cameras=now, turned={OWN, OTHER})
    lamp = start_lamp(
        folder / "lamp", site=_site(folder / "plans"), fleet=fleet, hiding=hiding, users=(),
        alarms=AlarmOptions.model_validate({"checklists": {"night": {"steps": ["look"]}}}),
    )  # fmt: skip
    desk, db = lamp.app.state.desk, Database(folder / "lamp" / "desk.db")
    desk.finder = NoNetwork()
    targets: dict[str, Notifier] = {
        "porter": Recorder(),
        "web_push": make("web_push", folder),
    }
    keeper = AtRest(db, targets, ABOUT, lamp.clock)
    rules = DeskRules(parse_site(_RULES, folder / "site.yaml"), RuleSets(db), lamp.audit)
    stores = small_stores(folder / "stock", lamp.clock)
    desk.services = replace(desk.services, notify=keeper, rules=rules, stores=stores.keeper)
    _alarms(lamp, db)
    _letters(db)
    _findings(db)
    care = desk.services.care
    care.leave_note(f"The {OTHER} is loud", OWNER, T0)
    lamp.users.add(OWNER, PASSWORD, T0, EVERY_ROLE, EVERY_CAMERA)
    for role in Role:
        lamp.users.add(role.label, PASSWORD, T0, (role,), (OWN,))
    rights = [right for right in Right if right not in IN_PERSON]
    _, text = lamp.tokens.add(OWNER, "all of it", rights, (OWN,), T0)
    segments = {}
    for id_ in (OWN, OTHER):
        lamp.states[id_] = CameraStatus(id_, CameraState.LIVE, T0, width=192, height=128)
        lamp.house.record(fragments(25, start=T0, camera=id_), camera=id_)
        segments[id_] = lamp.house.recordings.list(id_, T0, T0 + 60)[0].id
    lamp.services.counts.add(  # type: ignore[attr-defined]
        [Count(one, "entry", "person", "in", int(T0) // 60 * 60, 3) for one in (OWN, OTHER)]
    )
    return TwoCameras(lamp, text, segments, care, keeper)
