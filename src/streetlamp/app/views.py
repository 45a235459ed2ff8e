"""What the desk may show of a site: its cameras and places, in words, and nothing secret."""

from __future__ import annotations

from collections.abc import Iterator

from streetlamp.desk.services import (
    AtView,
    CameraView,
    PlaceView,
    PlanView,
    RuleView,
    SiteView,
)
from streetlamp.fleet.placing import IMPLIED
from streetlamp.fleet.plan_options import PlanOptions
from streetlamp.fleet.plan_picture import look_at_picture
from streetlamp.geometry import Line
from streetlamp.rules.base import RULES
from streetlamp.rules.options import RuleOptions
from streetlamp.site import CameraOptions, Site
from streetlamp.values import Kind


def site_view(site: Site) -> SiteView:
    """The site's cameras that are switched on, as the page shows them."""
    cameras = site.switched_on
    recorded = site.record.enabled and any(camera.record for camera in cameras.values())
    return SiteView(
        name=site.name,
        timezone=site.timezone,
        cameras=tuple(
            _camera(name, camera, site.plan_of(name)) for name, camera in cameras.items()
        ),
        delay_s=max((camera.hide.delay_seconds for camera in cameras.values()), default=0.0),
        operator=site.operator.name,
        contact=site.operator.contact,
        kept_days=site.record.days if recorded else 0.0,
        index_days=min(site.record.days, site.backtest.keep_days) if recorded else 0.0,
        plans=tuple(_plans(site)),
        findings=site.meters.folder is not None or site.stock.folder is not None,
    )


def _plans(site: Site) -> Iterator[PlanView]:
    """The site's plans, and the plain map that cameras with lat and lon imply."""
    for id_, plan in site.plans.items():
        yield _plan(id_, plan)
    used = {site.plan_of(camera) for camera in site.switched_on}
    if IMPLIED in used - set(site.plans):
        yield PlanView(IMPLIED, "Map")


def _plan(id_: str, plan: PlanOptions) -> PlanView:
    name = plan.name or id_
    if plan.image is None:
        return PlanView(id_, name, style=plan.style)
    found = look_at_picture(plan.image)
    return PlanView(
        id_, name, plan.image, found.media_type, found.width, found.height, plan.width_m
    )


def _camera(name: str, camera: CameraOptions, plan: str) -> CameraView:
    at = camera.at
    return CameraView(
        id=name,
        name=camera.name or name,
        area=camera.area,
        zones=tuple(PlaceView(zone.name, zone.points) for zone in camera.zones.values()),
        lines=tuple(PlaceView(line.name, (line.a, line.b)) for line in camera.lines.values()),
        rules=tuple(_rule(rule) for rule in camera.rules if rule.enabled),
        at=AtView(**{**at.model_dump(), "plan": plan}) if at is not None else None,
    )


def _rule(rule: RuleOptions) -> RuleView:
    kind = RULES[rule.kind]
    line = kind.watches is Line
    place = rule.place or "the picture"
    what = ", ".join(Kind(one).label for one in rule.classes) or "things"
    counts = f"{what} passing {place}" if line else f"{what} in {place}"
    counting = line or bool(getattr(rule, "count", False))
    # A rule for a line speaks only in the directions it is told to.
    speaks = rule.alarm and getattr(rule, "alarm_on", "both") != "none"
    return RuleView(
        name=rule.name,
        kind=rule.kind,
        place=rule.place,
        severity=rule.severity,
        watches_for=f"{kind.summary.removesuffix('.')} ({what}; {place})" if speaks else "",
        counts=counts if counting else "",
    )
