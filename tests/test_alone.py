"""The order that tests run in, where several workers run them side by side."""

from support.alone import in_turn


def test_alone_first_then_light_then_the_fullest_file() -> None:
    tests = [
        "tests/app/test_run.py::test_a",
        "tests/rules/test_zone.py::test_a",
        "tests/video/test_mask.py::test_a",
        "tests/browser/test_wall.py::test_b",
        "tests/video/test_mask.py::test_b",
        "tests/browser/test_desk_page.py::test_a",
        "tests/fleet/onvif/test_hostile.py::test_a",
    ]
    assert [tests[at] for at in in_turn(tests)] == [
        "tests/browser/test_wall.py::test_b",
        "tests/browser/test_desk_page.py::test_a",
        "tests/rules/test_zone.py::test_a",
        "tests/video/test_mask.py::test_a",
        "tests/video/test_mask.py::test_b",
        "tests/app/test_run.py::test_a",
        "tests/fleet/onvif/test_hostile.py::test_a",
    ]
