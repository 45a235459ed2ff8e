"""Writes the rectangles that deface covers on each frame of a clip, by its own functions.

    PYTHON_OF_ITS_ENVIRONMENT deface_boxes.py CLIP OUT.csv

Same network, threshold (0.2) and mask scale (1.3) as its command line's defaults. deface covers the
ellipse inside each of these rectangles: taken whole, they flatter it a little.
"""

from __future__ import annotations

import csv
import sys

import imageio.v2 as imageio
from deface.centerface import CenterFace
from deface.deface import scale_bb

THRESHOLD = 0.2
MASK_SCALE = 1.3


def main(clip: str, out: str) -> None:
    network = CenterFace()
    with open(out, "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("frame", "x1", "y1", "x2", "y2"))
        for number, picture in enumerate(imageio.get_reader(clip), 1):
            found, _ = network(picture, threshold=THRESHOLD)
            for face in found:
                x1, y1, x2, y2 = scale_bb(*face[:4].astype(int), MASK_SCALE)
                rows.writerow((number, x1, y1, x2, y2))


if __name__ == "__main__":
    main(*sys.argv[1:])
