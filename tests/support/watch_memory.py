"""Run as a child: opens one address after another and tells what came of each, and the memory.

Reads lines of JSON (``{"url": …, "seconds": …}``) and answers each with one.
"""

import json
import re
import sys
import time
from pathlib import Path

import streetlamp.video.source.base as base
from streetlamp.video.decode import Decoder
from streetlamp.video.raw import Packet
from streetlamp.video.source import SourceOptions, make_source


def peak(reset=False):
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024


def resident():
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


def main():
    for line in sys.stdin:
        asked = json.loads(line)
        before, began = peak(reset=True), time.monotonic()
        seconds = asked["seconds"]
        options = SourceOptions(
            url=asked["url"],
            open_timeout=seconds,
            read_timeout=seconds,
            transport=asked.get("transport", "tcp"),
        )
        said, trouble, pictures, packets = "", "", 0, 0
        try:
            source = make_source("yard", asked["url"], options, live=True)
            decoder = Decoder()
            for unit in source.units():
                packets += 1
                if isinstance(unit, Packet):
                    pictures += len(list(decoder.decode(unit)))
                else:
                    pictures += 1
        except base.SourceError as error:
            said, trouble = error.reason, error.trouble.value
        answer = {
            "said": said,
            "trouble": trouble,
            "pictures": pictures,
            "packets": packets,
            "grown": peak() - before,
            "resident": resident(),
            "seconds": time.monotonic() - began,
        }
        print(json.dumps(answer), flush=True)


main()
