"""Relative paths of a site file, made to start at its folder."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from streetlamp.fleet.plan_options import PLAIN
from streetlamp.site_checks import raw_cameras


def resolved(data: dict[Any, Any], folder: Path) -> dict[Any, Any]:
    """The data with relative paths made to start at the site file's folder."""
    data = dict(data)
    if isinstance(data.get("data", "streetlamp-data"), str):
        data["data"] = str(folder / Path(data.get("data", "streetlamp-data")).expanduser())
    detect = data.get("detect")
    if isinstance(detect, dict) and isinstance(detect.get("models_folder"), str):
        data["detect"] = {**detect, "models_folder": str(folder / detect["models_folder"])}
    for room in ("meters", "stock"):
        asked = data.get(room)
        if isinstance(asked, dict) and isinstance(asked.get("folder"), str):
            data[room] = {**asked, "folder": str(folder / Path(asked["folder"]).expanduser())}
    if isinstance(data.get("plans"), dict):
        data["plans"] = {id_: _resolved_plan(plan, folder) for id_, plan in data["plans"].items()}
    if isinstance(data.get("cameras"), dict):
        cameras = data["cameras"] = dict(data["cameras"])
        for id_, camera in raw_cameras(data):
            sources = {
                key: _resolved_source(camera[key], folder)
                for key in ("source", "second_stream")
                if key in camera
            }
            cameras[id_] = {**camera, **sources}
    return data


def _resolved_plan(plan: Any, folder: Path) -> Any:
    if not isinstance(plan, dict):
        return plan
    files = {
        key: str(folder / Path(plan[key]).expanduser())
        for key in ("image", "map")
        if isinstance(plan.get(key), str) and plan[key] not in ("", PLAIN) and "://" not in plan[key]  # noqa: E501
    }
    return {**plan, **files}


def _resolved_source(source: Any, folder: Path) -> Any:
    if isinstance(source, str):
        return resolved_url(source, folder)
    if isinstance(source, dict) and isinstance(source.get("url"), str):
        changed = {**source, "url": resolved_url(source["url"], folder)}
        certificate = source.get("certificate")
        if isinstance(certificate, str) and certificate.lower().endswith((".pem", ".crt", ".cer")):
            changed["certificate"] = str(folder / Path(certificate).expanduser())
        return changed
    return source


def resolved_url(url: str, folder: Path) -> str:
    """A path made absolute; an address with a scheme, or a webcam's number, as it is."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", url) or url.isdigit() or not url:
        return url
    return str(folder / Path(url).expanduser())
