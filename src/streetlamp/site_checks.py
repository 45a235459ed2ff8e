"""What is wrong in a site file that no single field can see."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel

from streetlamp import site_yaml
from streetlamp.feeds.base import FEEDS
from streetlamp.feeds.kinds.mqtt import MqttOptions
from streetlamp.fleet.options import matching
from streetlamp.fleet.placing import plan_for
from streetlamp.notify.base import NOTIFIERS
from streetlamp.notify.parse import target_options
from streetlamp.rules.base import RULES
from streetlamp.site_camera import rule_options, wrong_rules
from streetlamp.site_explain import mode_problems
from streetlamp.site_yaml import Document, Problem


def raw_cameras(data: Any) -> Iterator[tuple[str, dict[Any, Any]]]:
    """The cameras of raw data that look like cameras."""
    cameras = data.get("cameras") if isinstance(data, dict) else None
    for id_, camera in (cameras if isinstance(cameras, dict) else {}).items():
        if isinstance(camera, dict):
            yield id_, camera


def _rules(camera: dict[Any, Any]) -> list[Any]:
    rules = camera.get("rules")
    return rules if isinstance(rules, list) else []


def raw_models(data: Any) -> dict[site_yaml.Path, type[BaseModel]]:
    rules: dict[site_yaml.Path, type[BaseModel]] = {
        ("cameras", id_, "rules", i): rule_options(rule["rule"])
        for id_, camera in raw_cameras(data)
        for i, rule in enumerate(_rules(camera))
        if isinstance(rule, dict) and isinstance(rule.get("rule"), str) and rule["rule"] in RULES
    }
    targets = data.get("notify") if isinstance(data, dict) else None
    return (
        rules
        | {
            ("notify", name): target_options(one["kind"])
            for name, one in (targets.items() if isinstance(targets, dict) else ())
            if isinstance(one, dict)
            and isinstance(one.get("kind"), str)
            and one["kind"] in NOTIFIERS
        }
        | _feed_models(data)
    )


def _feed_models(data: Any) -> dict[site_yaml.Path, type[BaseModel]]:
    """Feeds, and what stands in their lists."""
    found: dict[site_yaml.Path, type[BaseModel]] = {}
    for room in ("meters", "stock"):
        part = data.get(room) if isinstance(data, dict) else None
        feeds = part.get("feeds") if isinstance(part, dict) else None
        for name, one in feeds.items() if isinstance(feeds, dict) else ():
            kind = one.get("kind") if isinstance(one, dict) else None
            if not isinstance(kind, str) or kind not in FEEDS:
                continue
            options = FEEDS[kind].Options
            found[room, "feeds", name] = options
            for key, field in options.model_fields.items():
                models = [part for part in get_args(field.annotation) if _is_model(part)]
                items = one.get(key) if models else None
                for i in range(len(items) if isinstance(items, list) else 0):
                    found[room, "feeds", name, key, i] = models[0]
    return found


def _is_model(part: Any) -> bool:
    return isinstance(part, type) and issubclass(part, BaseModel)


def more_problems(document: Document) -> Iterator[Problem]:
    """What no single field can see; worked out on raw data, so that all is listed at once."""
    yield from _fleet_problems(document)
    yield from mode_problems(document)
    yield from _escalation_problems(document)
    yield from _client_problems(document)
    for id_, camera in raw_cameras(document.data):
        rules = [rule if isinstance(rule, dict) else {} for rule in _rules(camera)]
        places = [
            set(map(str, found)) if isinstance(found := camera.get(key), dict) else set()
            for key in ("zones", "lines")
        ]
        for inside, text in wrong_rules(rules, *places, ground=camera.get("ground") is not None):
            where: site_yaml.Path = ("cameras", id_, *inside)
            yield Problem(document.place(where), where[:-1], text)
        if isinstance(at := camera.get("at"), dict):
            plans = document.data.get("plans")
            try:
                plan_for(at, plans if isinstance(plans, dict) else {})
            except ValueError as error:
                where = ("cameras", id_, "at", *(("plan",) if "plan" in at else ()))
                yield Problem(document.place(where), ("cameras", id_, "at"), str(error))


def _client_problems(document: Document) -> Iterator[Problem]:
    """Feeds that one broker would take for the same client: each would throw the other out."""
    known: dict[tuple[str, ...], str] = {}
    for path, one in _brokers(document.data):
        client = one.get("client_id", MqttOptions.model_fields["client_id"].default)
        key = (str(one.get("host")), str(one.get("port", 0)), str(client))
        name = ".".join(map(str, path))
        if key in known:
            text = f"{known[key]} has the same client_id at this broker; give each its own"
            where: site_yaml.Path = (*path, "client_id") if "client_id" in one else path
            yield Problem(document.place(where), path, text)
        known.setdefault(key, name)


def _brokers(data: Any) -> Iterator[tuple[site_yaml.Path, dict[Any, Any]]]:
    for room in ("meters", "stock"):
        part = data.get(room) if isinstance(data, dict) else None
        if not isinstance(part, dict):
            continue
        if isinstance(part.get("mqtt"), dict):
            yield (room, "mqtt"), part["mqtt"]
        feeds = part.get("feeds")
        for name, one in feeds.items() if isinstance(feeds, dict) else ():
            if isinstance(one, dict) and one.get("kind") == "mqtt":
                yield (room, "feeds", name), one


def _escalation_problems(document: Document) -> Iterator[Problem]:
    """Names in the escalation that are no target's."""
    alarms, targets = document.data.get("alarms"), document.data.get("notify")
    steps = alarms.get("escalation") if isinstance(alarms, dict) else None
    for i, step in enumerate(steps if isinstance(steps, list) else []):
        to = step.get("to") if isinstance(step, dict) else None
        for j, name in enumerate(to if isinstance(to, list) else []):
            known = isinstance(targets, dict) and str(name).strip() in targets
            if isinstance(name, str) and not known:
                where: site_yaml.Path = ("alarms", "escalation", i, "to", j)
                text = f"notify has no target called '{name}'"
                yield Problem(document.place(where), where[:-2], text)


def _fleet_problems(document: Document) -> Iterator[Problem]:
    """Patterns of planned maintenance and of groups that mean no camera."""
    data = document.data
    cameras = data.get("cameras") if isinstance(data, dict) else None
    fleet = data.get("fleet") if isinstance(data, dict) else None
    if not isinstance(cameras, dict) or not isinstance(fleet, dict):
        return
    known = {str(id_): None for id_ in cameras}
    groups, work = fleet.get("groups"), fleet.get("maintenance")
    places: list[tuple[site_yaml.Path, Any]] = []
    if isinstance(groups, dict):
        places += [(("fleet", "groups", id_), one) for id_, one in groups.items()]
    if isinstance(work, list):
        places += [(("fleet", "maintenance", i), one) for i, one in enumerate(work)]
    for path, one in places:
        named = one.get("cameras") if isinstance(one, dict) else None
        for i, pattern in enumerate(named if isinstance(named, list) else []):
            if isinstance(pattern, str) and not matching((pattern,), known):
                where = (*path, "cameras", i)
                yield Problem(document.place(where), path, f"no camera is called '{pattern}'")
