"""A file of hourly readings through pandas and river, as one would write it in an afternoon.

    PYTHON_OF_ITS_ENVIRONMENT meters_year.py READINGS.csv

pandas: the file read, a column a meter, the common rule (24 hours without a standstill) on each.
river: the file read by pandas, then one Page-Hinkley test a meter on its hours, as they come. Each
does one of the ten things that Streetlamp looks for. Prints processor seconds as JSON.
"""

from __future__ import annotations

import json
import sys
import time

import pandas as pd
from river.drift import PageHinkley


def main(path: str) -> None:
    begin = time.process_time()
    rows = pd.read_csv(path, usecols=["meter_id", "timestamp", "interval"])
    rows["timestamp"] = pd.to_datetime(rows["timestamp"])
    used = rows.pivot(index="timestamp", columns="meter_id", values="interval")
    read = time.process_time() - begin
    flowed = used > 0
    run = flowed.rolling(24).sum() == 24
    alarms = int((run & ~run.shift(fill_value=False)).to_numpy().sum())
    pandas = time.process_time() - begin
    begin = time.process_time()
    changes = 0
    tests = [PageHinkley(min_instances=168, delta=1.0, threshold=500.0) for _ in used.columns]
    for row in used.to_numpy():
        for test, value in zip(tests, row.tolist(), strict=True):
            test.update(value)
            changes += test.drift_detected
    river = read + time.process_time() - begin
    print(json.dumps({"pandas": pandas, "river": river, "alarms": alarms, "changes": changes}))


if __name__ == "__main__":
    main(*sys.argv[1:])
