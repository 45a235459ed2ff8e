"""Green Button: units, powers of ten, qualities, links; and what an attacker would send."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from streetlamp.errors import UserError
from support.meters import MONDAY, read

BASE = "https://example.org/espi/1_1/resource/RetailCustomer/1/UsagePoint/7"
NAMES = 'xmlns="http://www.w3.org/2005/Atom" xmlns:e="http://naesb.org/espi"'


def reading(hour: int, value: int, quality: str = "") -> str:
    flag = f"<e:quality>{quality}</e:quality>" if quality else ""
    flag = f"<e:ReadingQuality>{flag}</e:ReadingQuality>" if quality else ""
    return (
        f"<e:IntervalReading>{flag}<e:timePeriod><e:duration>3600</e:duration>"
        f"<e:start>{MONDAY + hour * 3600:.0f}</e:start></e:timePeriod><e:value>{value}</e:value>"
        "</e:IntervalReading>"
    )


def feed(readings: str, *, kind: int = 0, uom: int = 72, power: int = 0, behaviour: int = 4) -> str:
    """A whole feed; what the readings are stands after them."""
    return f"""<?xml version="1.0"?>
<feed {NAMES}>
<entry><link rel="self" href="{BASE}"/><content><e:UsagePoint><e:ServiceCategory>
<e:kind>{kind}</e:kind></e:ServiceCategory></e:UsagePoint></content></entry>
<entry><link rel="self" href="{BASE}/MeterReading/1/IntervalBlock/1"/>
<link rel="up" href="{BASE}/MeterReading/1/IntervalBlock"/>
<content><e:IntervalBlock>{readings}</e:IntervalBlock></content></entry>
<entry><link rel="self" href="{BASE}/MeterReading/1"/><link rel="up" href="{BASE}/MeterReading"/>
<link rel="related" href="https://example.org/ReadingType/3"/>
<content><e:MeterReading/></content></entry>
<entry><link rel="self" href="https://example.org/ReadingType/3"/><content><e:ReadingType>
<e:accumulationBehaviour>{behaviour}</e:accumulationBehaviour>
<e:powerOfTenMultiplier>{power}</e:powerOfTenMultiplier><e:uom>{uom}</e:uom>
</e:ReadingType></content></entry></feed>"""


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "house.xml"
    path.write_text(text, encoding="utf-8")
    return path


def test_watt_hours_with_a_power_of_ten(tmp_path: Path) -> None:
    text = feed(reading(0, 15) + reading(1, 25, "8") + reading(2, 35, "17"), power=2)
    series, rejects = read(write(tmp_path, text))
    one = series["house-7"]
    assert one.kind.name == "electricity"
    assert not one.register
    assert (one.time - MONDAY).tolist() == [3600, 7200, 10800]  # the end of each interval
    assert one.value[[0, 2]] == pytest.approx([1.5, 3.5])
    assert np.isnan(one.value[1])  # estimated
    assert not rejects.total


def test_a_water_register_in_gallons(tmp_path: Path) -> None:
    text = feed(reading(0, 100) + reading(1, 110), kind=2, uom=128, behaviour=3)
    series, _ = read(write(tmp_path, text))
    assert series["house-7"].register
    assert series["house-7"].value == pytest.approx([378.5411784, 416.39529624])


def test_what_is_damaged_in_the_middle_keeps_what_came_before(tmp_path: Path) -> None:
    text = feed("".join(reading(hour, hour) for hour in range(50)))
    # the type stands first in this one
    head, kind = text.split('<entry><link rel="self" href="https://example.org/ReadingType/3"/>')
    kind = '<entry><link rel="self" href="https://example.org/ReadingType/3"/>' + kind
    first, blocks = head.split("<entry>", 1)
    whole = first + kind.removesuffix("</feed>") + "<entry>" + blocks
    series, rejects = read(write(tmp_path, whole[: whole.index(f"<e:value>{40}")]))
    assert len(series["house"].value) == 40 if "house" in series else len(series["house-7"].value)
    assert rejects.counts == {"the XML is damaged from here on": 1}


def test_bad_readings_are_named(tmp_path: Path) -> None:
    text = feed(reading(0, 1) + reading(1, -4) + reading(900_000, 3), kind=2, uom=134)
    series, rejects = read(write(tmp_path, text))
    assert len(series["house-7"].value) == 1
    assert rejects.counts == {"the value is negative": 1, "the time is in the future": 1}


def test_entities_are_refused(tmp_path: Path) -> None:
    """A billion laughs, and a file of the machine's own."""
    laughs = "".join(
        f'<!ENTITY l{i} "{f"&l{i - 1};" * 10 if i else "ha" * 50}">' for i in range(12)
    )
    body = feed(reading(0, 1)).split("?>", 1)[1]
    for kind in (laughs, '<!ENTITY l11 SYSTEM "file:///etc/hostname">'):
        bad = f'<?xml version="1.0"?><!DOCTYPE feed [{kind}]>{body}'.replace(
            "<e:value>1</e:value>", "<e:value>&l11;</e:value>"
        )
        with pytest.raises(UserError, match=r"document type|no Green Button file"):
            read(write(tmp_path, bad))


def test_other_xml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no ReadingType"):
        read(write(tmp_path, "<a><b/></a>"))
