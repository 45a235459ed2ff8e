"""Finding devices: who counts as found, and what a flood or a lie comes to."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable

import pytest

from streetlamp.fleet.onvif import limits
from streetlamp.fleet.onvif.discovery import Answers, read_answer, search
from streetlamp.fleet.onvif.errors import UnsafeAnswerError
from support.onvif_device import OnvifDevice

Make = Callable[..., OnvifDevice]
ASKED = "urn:uuid:1"


def find(device: OnvifDevice, seconds: float = 0.4):
    """A search by multicast, on the loopback interface alone."""
    return search(seconds, network=device.network)


def test_a_multicast_search_finds_the_device(make_device: Make) -> None:
    device = make_device(name="Front gate")
    (found,) = find(device).found
    assert (found.target.ip, found.target.port) == ("127.0.0.1", device.port)
    assert (found.name, found.hardware, found.location) == ("Front gate", "LW-2", "North")


def test_a_host_can_be_asked_alone(make_device: Make) -> None:
    device = make_device()
    told = search(0.4, hosts=["127.0.0.1"], network=device.network)
    assert [one.target.port for one in told.found] == [device.port]


def test_a_silent_network_is_no_error(make_device: Make) -> None:
    device = make_device(answer=lambda _device, _to: [])
    assert find(device, 0.2).found == ()


def test_a_recorder_may_answer_once_for_each_channel(make_device: Make) -> None:
    def answers(device: OnvifDevice, to: str) -> list[bytes]:
        return [
            device.match(to, xaddrs=f"http://{device.address}/onvif/{n}", name=f"Channel {n}")
            for n in range(3)
        ]

    found = find(make_device(answer=answers)).found
    assert sorted(one.name for one in found) == ["Channel 0", "Channel 1", "Channel 2"]


def test_an_answer_to_another_question_is_none(make_device: Make) -> None:
    device = make_device(answer=lambda device, _to: [device.match("urn:uuid:somebody-else")])
    assert find(device).found == ()


@pytest.mark.parametrize(
    ("xaddrs", "why"),
    [
        ("http://169.254.169.254/latest/meta-data", "another machine"),
        ("http://10.0.0.1/onvif/device_service", "another machine"),
        ("file:///etc/passwd", "not http"),
        ("http://127.0.0.1:80@evil.example/", "another machine"),
        ("http://localhost:22/", "another machine"),
        ("gopher://127.0.0.1/", "not http"),
        ("http://[::1", "cannot be"),
        ("x" * 5000, "cannot be used"),
        ("", "names no address"),
    ],
)
def test_a_device_may_name_only_itself(make_device: Make, xaddrs: str, why: str) -> None:
    xaddrs = xaddrs or " "
    told = find(make_device(answer=lambda device, to: [device.match(to, xaddrs=xaddrs)]))
    assert told.found == ()
    assert len(told.refused) == 1
    assert why in told.refused[0]


def test_of_several_addresses_its_own_is_taken(make_device: Make) -> None:
    def answers(device: OnvifDevice, to: str) -> list[bytes]:
        return [device.match(to, xaddrs=f"http://10.0.0.7/x {device.url}")]

    device = make_device(answer=answers)
    (found,) = find(device).found
    assert found.target.port == device.port
    assert "10.0.0.7" in found.note


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        b"\xff\xfe\x00",
        b"<a><b></a>",
        b"not xml at all",
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>',
        b"<x>" + b"<y>" * 9000,
        b"<x " + b" ".join(b'a%d="1"' % n for n in range(4000)) + b"/>",
    ],
)
def test_garbage_is_refused_or_nothing(datagram: bytes) -> None:
    try:
        assert list(read_answer(datagram, "192.0.2.1", frozenset({ASKED}))) == []
    except UnsafeAnswerError as error:
        assert len(str(error)) < 300  # noqa: PT017  # either end is right


def test_thousands_of_answers_are_bounded(make_device: Make) -> None:
    """Ten thousand datagrams from one host, each another device: few are kept, none costs much."""

    def flood(device: OnvifDevice, to: str) -> list[bytes]:
        return [
            device.match(to, xaddrs=f"http://127.0.0.1:{1 + n % 65000}/x", name=f"n{n}")
            for n in range(10_000)
        ]

    device = make_device(answer=flood)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.monotonic()
    told = find(device, 1.5)
    assert 1 <= len(told.found) <= limits.ANSWERS_A_HOST
    assert time.monotonic() - began < 1.5 + 10
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 64 * 1024, f"{grown} KiB"


def test_thousands_of_hosts_are_bounded(make_device: Make) -> None:
    """More hosts than any network has: so many are kept, and reading ends."""
    device = make_device()
    answers = Answers(frozenset({ASKED}))
    taken = 0
    for number in range(5000):
        ip = f"10.{number // 62500}.{number // 250 % 250}.{number % 250}"
        taken += 1
        if not answers.take(device.match(ASKED, xaddrs=f"http://{ip}/onvif"), ip):
            break
    told = answers.told()
    assert len(told.found) == limits.DEVICES == taken
    assert "the rest was not read" in told.refused[-1]


def test_liars_without_end_are_told_of_in_a_few_lines(make_device: Make) -> None:
    device = make_device()
    answers = Answers(frozenset({ASKED}))
    lie = device.match(ASKED, xaddrs="http://10.255.0.1/")
    for number in range(2000):
        assert answers.take(lie, f"10.0.{number // 250}.{number % 250}")
    told = answers.told()
    assert told.found == ()
    assert len(told.refused) < 25


def test_names_are_made_fit_for_a_terminal(make_device: Make) -> None:
    device = make_device()
    device.name = "%1B[31mred%E2%80%AEgnp%0A" + "long%20" * 50
    (found,) = find(device).found
    assert found.name.isprintable()
    assert len(found.name) <= limits.TEXT


def test_no_descriptor_is_left_open(make_device: Make) -> None:
    device = make_device()
    find(device, 0.1)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        find(device, 0.1)
    assert len(os.listdir("/proc/self/fd")) <= before
