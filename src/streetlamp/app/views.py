"""What the desk may know of the site file: no sources, no passwords."""

from __future__ import annotations

from streetlamp.desk.services import CameraView, PlaceView, RuleView, SiteView
from streetlamp.rules.base import RULES
from streetlamp.rules.options import RuleOptions
from streetlamp.site import CameraOptions, Site


def site_view(site: Site) -> SiteView:
    """The site as the page shows it: the cameras that are switched on."""
    delays = [camera.hide.delay_seconds for camera in site.switched_on.values()]
    return SiteView(
        name=site.name,
        timezone=site.timezone,
        cameras=tuple(_camera(name, camera) for name, camera in site.switched_on.items()),
        delay_s=max(delays, default=1.0),
        operator=site.operator.name,
        contact=site.operator.contact,
        kept_days=float(site.record.days) if site.record.enabled else 0.0,
    )


def _camera(name: str, camera: CameraOptions) -> CameraView:
    return CameraView(
        id=name,
        name=camera.name or name,
        area=camera.area,
        zones=tuple(
            PlaceView(zone.name, tuple((float(x), float(y)) for x, y in zone.points))
            for zone in camera.zones.values()
        ),
        lines=tuple(
            PlaceView(line.name, ((line.a[0], line.a[1]), (line.b[0], line.b[1])))
            for line in camera.lines.values()
        ),
        rules=tuple(_rule(rule) for rule in camera.rules if rule.enabled),
    )


def _rule(rule: RuleOptions) -> RuleView:
    kinds = ", ".join(kind.label for kind in rule.classes)
    where = f" at {rule.place!r}" if rule.place else ""
    summary = RULES[rule.kind].summary
    counts = rule.kind == "line_crossing"
    return RuleView(
        name=rule.name,
        kind=rule.kind,
        place=rule.place,
        severity=rule.severity,
        watches_for=f"{summary} ({kinds}{where})" if rule.alarm or not counts else "",
        counts=f"{kinds}{where}" if counts else "",
    )
