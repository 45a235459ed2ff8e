"""The site file: what loads, what is refused, and in which words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from streetlamp.app.views import site_view
from streetlamp.errors import UserError
from streetlamp.geometry import Line
from streetlamp.rules.base import RULES
from streetlamp.rules.runner import RuleRunner
from streetlamp.site import Site, load_site, parse_site, site_from_sources
from streetlamp.site_explain import models_in
from streetlamp.site_sample import sample_site
from streetlamp.site_yaml import read_yaml

FILE = Path("/sites/site.yaml")

GOOD = """\
name: Riverside campus
timezone: Europe/Berlin
operator: {name: Campus Services, contact: lamp@example.org}
cameras:
  gate:
    name: Main gate
    area: North
    source: rtsp://camera.local/stream
    hide: {style: solid, delay_seconds: 2}
    zones: {yard: [[0.1, 0.2], [0.5, 0.2], [0.5, 0.9]]}
    lines: {entry: [[0.2, 0.5], [0.8, 0.5]]}
    rules:
      - {rule: intrusion, name: yard at night, zone: yard, classes: [person], min_seconds: 2,
         schedule: [{hours: 22:00-06:00}]}
      - {rule: line_crossing, name: entry count, line: entry}
      - {rule: intrusion, name: anywhere}
  back_door: {source: 0}
  clip: {source: clips/a.mp4}
desk: {port: 8600}
"""


def camera(text: str, indent: int = 4) -> str:
    """A file with one camera, whose settings are `text`; they begin on line 3."""
    lines = text.strip("\n").splitlines()
    return "cameras:\n  gate:\n" + "".join(f"{' ' * indent}{line}\n" for line in lines)


def complaints(text: str) -> list[str]:
    """What is said about a file, a line each."""
    with pytest.raises(UserError) as caught:
        parse_site(text, FILE)
    said = str(caught.value).splitlines()
    assert said[0].startswith(str(FILE))
    return [line.strip() for line in said[1:]] or said


def test_a_whole_site() -> None:
    site = parse_site(GOOD, FILE)
    gate = site.cameras["gate"]
    assert (site.name, site.timezone, site.operator.name) == (
        "Riverside campus",
        "Europe/Berlin",
        "Campus Services",
    )
    assert gate.source.url == "rtsp://camera.local/stream"
    assert gate.hide.delay_seconds == 2
    assert gate.zones["yard"].points[1] == (0.5, 0.2)
    assert gate.lines["entry"] == Line("entry", (0.2, 0.5), (0.8, 0.5))
    assert [(rule.kind, rule.place) for rule in gate.rules] == [
        ("intrusion", "yard"),
        ("line_crossing", "entry"),
        ("intrusion", ""),
    ]
    assert gate.rules[0].schedule[0].hours == "22:00-06:00"
    assert type(gate.rules[0]) is RULES["intrusion"].Options
    assert site.cameras["back_door"].source.url == "0"


def test_relative_paths_start_at_the_files_folder() -> None:
    site = parse_site(GOOD, FILE)
    assert site.data == Path("/sites/streetlamp-data")
    assert site.cameras["clip"].source.url == "/sites/clips/a.mp4"
    with_model = parse_site(GOOD + "detect: {models_folder: models}\n", FILE)
    assert with_model.detect.models_folder == Path("/sites/models")


def test_plans_and_the_plan_that_lat_and_lon_imply(tmp_path: Path) -> None:
    (tmp_path / "a.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 6"/>')
    text = """\
plans: {ground: {name: Ground floor, image: a.svg, width_m: 40}}
cameras:
  gate: {source: '0', at: {x: 0.5, y: 0.25, direction: 90}}
  quay: {source: '1', at: {lat: 53.5, lon: 9.9}}
  bare: {source: '2'}
"""
    site = parse_site(text, tmp_path / "site.yaml")
    assert [site.plan_of(camera) for camera in site.cameras] == ["ground", "map", ""]
    view = site_view(site)
    ground, town = view.plans
    assert (ground.picture, ground.width, ground.height) == (tmp_path / "a.svg", 8, 6)
    assert (town.id, town.picture, town.style) == ("map", None, None)
    places = [camera.at and (camera.at.plan, camera.at.x, camera.at.lat) for camera in view.cameras]
    assert places == [("ground", 0.5, None), ("map", None, 53.5), None]


def test_typed_rules_survive_a_dump() -> None:
    rule = parse_site(GOOD, FILE).model_dump()["cameras"]["gate"]["rules"][0]
    assert rule["min_seconds"] == 2


MISTAKES = [
    ("a typo in a key", "nmae: x\n" + camera("source: '0'"), 1, 1, "did you mean 'name'?"),
    ("a typo in a camera", camera("sorce: '0'"), 3, 5, "did you mean 'source'?"),
    ("a typo in a room", camera("source: '0'\nhide: {stile: solid}"), 4, 12, "'style'?"),
    ("no source", camera("name: x"), 2, 3, "'source' is missing"),
    ("a typo in a source", camera("source: {url: x, transprt: tcp}"), 3, 22, "'transport'?"),
    ("a typo in a rule's kind", camera("""
source: '0'
rules:
  - {rule: intrusio, name: a}"""), 5, 9, "did you mean 'intrusion'?"),
    ("a typo in a rule's setting", camera("""
source: '0'
rules:
  - rule: intrusion
    name: a
    min_second: 2"""), 7, 9, "did you mean 'min_seconds'?"),
    ("a typo in a second stream",
     camera("source: '0'\nsecond_stream: {url: x, transprt: tcp}"), 4, 29, "'transport'?"),
    ("a second stream without an address",
     camera("source: '0'\nsecond_stream: {transport: tcp}"), 4, 5, "'url' is missing"),
    ("a second stream that is the first",
     camera("source: rtsp://c/a\nsecond_stream: rtsp://c/a"), 4, 5, "the address of source"),
    ("a place that no map has",
     camera("source: '0'\nat: {lat: 91, lon: 2}"), 4, 10, "'lat' must be at most 85"),
    ("half a place", camera("source: '0'\nat: {lat: 50}"), 4, 5, "lat and lon belong together"),
    ("two places", camera("source: '0'\nat: {x: 0, y: 0, lat: 0, lon: 0}"), 4, 5, "say where"),
    ("a plan that is not there",
     "plans: {town: {map: plain}}\n" + camera("source: '0'\nat: {plan: tonw, lat: 0, lon: 0}"),
     5, 10, "did you mean 'town'?"),
    ("no plan for a picture's place",
     camera("source: '0'\nat: {x: 0, y: 0}"), 4, 5, "no plan with a picture"),
    ("a plan that is nothing", "plans: {a: {name: A}}\n" + camera("source: '0'"), 1, 9, "one of the two"),  # noqa: E501
    ("a plan without its file",
     "plans: {a: {image: a.png}}\n" + camera("source: '0'"), 1, 13, "no file /sites/a.png"),
    ("a map from elsewhere",
     "plans: {a: {map: https://x.org/s.json}}\n" + camera("source: '0'"), 1, 13, "lies elsewhere"),
    ("a rule without a kind", camera("source: '0'\nrules: [{name: a}]"), 4, 13, "which kind"),
    ("a rule that is a word", camera("source: '0'\nrules: [intrusion]"), 4, 13, "a mapping"),
    ("a zone that is not there", camera("""
source: '0'
zones: {yard: [[0, 0], [1, 0], [1, 1]]}
rules:
  - {rule: intrusion, name: a, zone: yrad}"""), 6, 36, "did you mean 'yard'?"),
    ("no zone at all", camera("""
source: '0'
rules:
  - {rule: intrusion, name: a, zone: yard}"""), 5, 36, "draw one under zones:"),
    ("a line where a zone is needed", camera("""
source: '0'
lines: {entry: [[0, 0], [1, 1]]}
rules:
  - {rule: intrusion, name: a, zone: entry}"""), 6, 36, "not a zone"),
    ("zone: for a rule that takes a line", camera("""
source: '0'
zones: {yard: [[0, 0], [1, 0], [1, 1]]}
rules:
  - {rule: line_crossing, name: a, zone: yard}"""), 6, 40, "write line:"),
    ("a line left out", camera("""
source: '0'
rules:
  - {rule: line_crossing, name: a}"""), 5, 9, "'line' is missing"),
    ("a zone outside the picture", camera("""
source: '0'
zones:
  yard: [[0, 0], [1, 0], [1, 1.5]]"""), 5, 7, "outside the picture"),
    ("a zone in pixels", camera("source: '0'\nzones: {y: [[0, 0], [640, 0], [1, 1]]}"),
     4, 13, "0 to 1"),
    ("a zone of two corners", camera("source: '0'\nzones: {y: [[0, 0], [1, 1]]}"),
     4, 13, "3 corners"),
    ("a line of three points", camera("source: '0'\nlines: {a: [[0, 0], [1, 1], [1, 0]]}"),
     4, 5, "two points"),
    ("a rule in metres without a ground", camera("""
source: '0'
rules:
  - {rule: speed, name: a}"""), 5, 10, "write ground: beside its zones"),
    ("a ground with crossing corners", camera("""
source: '0'
ground: {rectangle: [[0.3, 0.5], [0.9, 0.9], [0.7, 0.5], [0.1, 0.9]], sides_m: [8, 20]}"""),
     4, 5, "the corners cross"),
    ("a typo in a ground", camera("""
source: '0'
ground: {rectangel: [], sides_m: [8, 20]}"""), 4, 14, "did you mean 'rectangle'?"),
    ("an arrow left out", camera("""
source: '0'
rules:
  - {rule: wrong_way, name: a}"""), 5, 9, "'arrow' is missing"),
    ("one name for a zone and a line", camera("""
source: '0'
zones: {a: [[0, 0], [1, 0], [1, 1]]}
lines: {a: [[0, 0], [1, 1]]}"""), 5, 13, "a zone as well as a line"),
    ("two rules of one name", camera("""
source: '0'
rules:
  - {rule: intrusion, name: a}
  - {rule: intrusion, name: a}"""), 6, 27, "two rules of this camera are called 'a'"),
    ("a camera twice", camera("source: '0'") + "  gate:\n    source: '1'\n",
     4, 3, "first on line 2"),
    ("a key twice", camera("source: '0'\nname: a\nname: b"), 5, 5, "first on line 4"),
    ("an id with a space", "cameras:\n  Main Gate: {source: '0'}\n", 2, 3, "small letters"),
    ("a time zone that is none", "timezone: Berlin\n" + camera("source: '0'"),
     1, 1, "Europe/Berlin"),
    ("a number out of range", "desk: {port: 70000}\n" + camera("source: '0'"),
     1, 8, "at most 65535"),
    ("a word for a number", "desk: {port: many}\n" + camera("source: '0'"),
     1, 8, "a whole number"),
    ("a desk open to all by accident", "desk: {host: 0.0.0.0}\n" + camera("source: '0'"),
     1, 1, "allow_remote: true"),
    ("hiding less than hides", camera("source: '0'\nhide: {hold_seconds: 0}"),
     4, 12, "at least 0.5"),
    ("no cameras", "name: x\n", 1, 1, "'cameras' is missing"),
    ("a password variable not set", camera("source: {url: x, password_env: STREETLAMP_NOT}"),
     3, 5, "STREETLAMP_NOT is not set"),
    ("a colon too many", "name: a: b\n", 1, 8, "into quotes"),
    ("a tab", "cameras:\n\tgate: 1\n", 2, 1, "spaces"),
    ("a bracket left open", "name: [a\nb: c\n", 2, 2, "']'"),
    ("a quote left open", "name: 'a\n", 2, 1, "never closed"),
    ("an alias of nothing", "name: *a\n", 1, 7, "no '&name'"),
    ("an alias of itself", "cameras: &a {gate: *a}\n", 1, 10, "without an end"),
    ("a character that is none", "name: a\nb: \x00\n", 2, 4, "character"),
    ("a list at the top", "- a\n- b\n", 1, 1, "a mapping"),
    ("a code tag", "name: !!python/name:os.system x\n" + camera("source: '0'"),
     1, 7, "a plain value"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line", "column", "words"), [m[1:] for m in MISTAKES], ids=[m[0] for m in MISTAKES]
)
def test_a_mistake_is_told_with_its_place(text: str, line: int, column: int, words: str) -> None:
    said = complaints(text)
    place = f"line {line}, column {column}: "
    assert any(one.startswith(place) and words in one for one in said), said
    assert len(said) == 1, said


def test_all_mistakes_are_listed_at_once_in_order() -> None:
    said = complaints("nmae: x\ntimezone: Berlin\n" + camera("sorce: '0'\nzones: 3"))
    assert len(said) == 4
    lines = [int(re.match(r"line (\d+)", one)[1]) for one in said]  # type: ignore[index]
    assert lines == sorted(lines)


def test_a_password_is_never_repeated() -> None:
    for text in (
        camera("source: {url: 'rtsp://u:hunter2@h/x', transport: tpc}"),
        camera("source: {url: x, password: [hunter2]}"),
        camera("source: rtsp://u:hunter2/3@h/x"),
    ):
        assert "hunter2" not in "\n".join(complaints(text))


@pytest.mark.parametrize(
    ("second", "login"),
    [
        ("rtsp://c/sub", ("joe", "hunter2")),
        ("rtsp://C:8554/sub", ("joe", "hunter2")),
        ("{url: 'rtsp://c/sub', transport: udp}", ("joe", "hunter2")),
        ("rtsp://ann:other@c/sub", ("ann", "other")),
        ("rtsp://elsewhere/sub", ("", "")),
        ("small.mp4", ("", "")),
    ],
)
def test_a_second_stream_takes_the_login_of_its_own_camera_alone(
    second: str, login: tuple[str, str]
) -> None:
    site = parse_site(camera(f"source: rtsp://joe:hunter2@c/main\nsecond_stream: {second}"), FILE)
    found = site.cameras["gate"].second_stream
    assert found is not None
    assert (found.username, found.password.get_secret_value()) == login
    assert "hunter2" not in repr(site)
    assert site.cameras["gate"].source.url == "rtsp://c/main"


def test_a_second_stream_may_be_left_out_and_a_path_begins_at_the_file() -> None:
    assert parse_site(camera("source: '0'"), FILE).cameras["gate"].second_stream is None
    site = parse_site(camera("source: '0'\nsecond_stream: small.mp4"), FILE)
    found = site.cameras["gate"].second_stream
    assert found is not None
    assert found.url == str(FILE.parent / "small.mp4")


def test_a_password_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STREETLAMP_GATE", "hunter2")
    text = camera("source: {url: x, username: u, password_env: STREETLAMP_GATE}")
    site = parse_site(text, FILE)
    source = site.cameras["gate"].source
    assert source.password.get_secret_value() == "hunter2"
    assert "hunter2" not in repr(site)
    monkeypatch.setenv("STREETLAMP_GATE", "hunter3")
    assert source.fresh().password.get_secret_value() == "hunter3"
    monkeypatch.delenv("STREETLAMP_GATE")
    assert source.fresh().password.get_secret_value() == "hunter2"


def test_a_certificate_lies_beside_the_file() -> None:
    site = parse_site(camera("source: {url: rtsps://cam/1, certificate: gate.pem}"), FILE)
    assert site.cameras["gate"].source.certificate == str(FILE.parent / "gate.pem")
    site = parse_site(camera("source: {url: rtsps://cam/1, certificate: any}"), FILE)
    assert site.cameras["gate"].source.certificate == "any"


def test_an_empty_file() -> None:
    assert "needs at least one camera" in complaints("# nothing\n")[0]


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="There is no site file"):
        load_site(tmp_path / "none.yaml")
    latin = tmp_path / "latin.yaml"
    latin.write_bytes(b"name: caf\xe9\n")
    with pytest.raises(UserError, match="UTF-8"):
        load_site(latin)
    with pytest.raises(UserError, match="cannot be read"):
        load_site(tmp_path)


def test_a_file_is_not_rewritten(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(GOOD)
    load_site(path)
    assert path.read_text() == GOOD
    assert list(tmp_path.iterdir()) == [path]


def test_a_ground_reaches_the_rules() -> None:
    text = camera("""
source: '0'
ground: {rectangle: [[0.3, 0.5], [0.7, 0.5], [0.9, 0.9], [0.1, 0.9]], sides_m: [8, 20]}
rules:
  - {rule: speed, name: a, limit_kmh: 30}""")
    gate = parse_site(text, FILE).cameras["gate"]
    assert gate.plane is not None
    assert gate.plane.to_metres([(0.7, 0.5)])[0].tolist() == pytest.approx([8, 0], abs=1e-6)
    assert RuleRunner("gate", gate.rules, gate.places, ground=gate.plane)


PLAIN_WORDS = [("on", "on"), ("no", "no"), ("22:00", "22:00"), ("0x10", "0x10"), ("true", True),
               ("017", 17), ("1e3", 1000.0), ("2026-01-01", "2026-01-01"), ("~", None)]  # fmt: skip


@pytest.mark.parametrize(("written", "means"), PLAIN_WORDS)
def test_plain_words_mean_what_they_say(written: str, means: object) -> None:
    assert read_yaml(f"a: {written}").data == {"a": means}


def test_merge_keys_copy_settings() -> None:
    document = read_yaml("a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\n")
    assert document.problems == []
    assert document.data["b"] == {"x": 1, "y": 3}


def test_a_site_from_sources_alone(tmp_path: Path) -> None:
    site = site_from_sources(
        ["rtsp://u:hunter2@host/stream", "0", "/clips/My Clip.mp4", "/other/my clip.avi", "test:"]
    )
    assert list(site.cameras) == ["cam1", "cam2", "my-clip", "my-clip-2", "cam5"]
    assert site.cameras["cam1"].source.url == "rtsp://host/stream"
    assert site.cameras["my-clip"].name == "My Clip"
    assert "hunter2" not in repr(site)
    assert site_from_sources(["0"], data=tmp_path).data == tmp_path
    with pytest.raises(UserError, match="at least one source"):
        site_from_sources([])
    with pytest.raises(UserError, match="cannot be used") as caught:
        site_from_sources(["rtsp://u:hunter2/3@h/x"])
    assert "hunter2" not in str(caught.value)


def test_the_sample_loads_and_names_every_rule() -> None:
    sample = sample_site()
    site = parse_site(sample, FILE)
    assert {rule.kind for rule in site.cameras["gate"].rules} == set(RULES)
    assert site.operator.contact == "lamp@example.org"


def test_the_sample_with_everything_switched_on_means_the_same() -> None:
    sample = sample_site()
    body = sample.splitlines()[3:]
    everything = "\n".join(re.sub(r"^#(?! \S)", "", line) for line in body)
    assert len(everything) < len(sample) - 40, "nothing was switched off in the sample"
    assert parse_site(everything, FILE) == parse_site(sample, FILE)


def _all_models(model: type[BaseModel], seen: set[type[BaseModel]]) -> set[type[BaseModel]]:
    for inner in {m for field in model.model_fields.values() for m in _deep(field.annotation)}:
        if inner not in seen:
            seen.add(inner)
            _all_models(inner, seen)
    return seen


def _deep(annotation: object) -> list[type[BaseModel]]:
    found = models_in(annotation)
    for part in getattr(annotation, "__args__", ()):
        found = [*found, *_deep(part)]
    return found


def test_every_setting_has_a_title_and_a_description_and_stands_in_the_sample() -> None:
    models = _all_models(Site, {Site}) | {rule.Options for rule in RULES.members().values()}
    assert len(models) > 10
    sample = sample_site()
    # items of lists (and of mappings by id) that are empty by default
    in_lists = {
        "Window", "RuleOptions", "MaintenanceOptions", "GroupOptions", "EscalationStep",
        "Checklist", "TargetOptions", "FeedOptions", "MqttOptions", "TopicOptions",
    }  # fmt: skip
    in_lists |= {"Holiday", "ModeOptions"}
    for model in models:
        for name, field in model.model_fields.items():
            assert field.title, f"{model.__name__}.{name} has no title"
            assert field.description, f"{model.__name__}.{name} has no description"
            if model.__name__ not in in_lists and name not in ("kind", "place"):
                assert re.search(rf"^#? *(- )?{name}:", sample, re.MULTILINE), name
