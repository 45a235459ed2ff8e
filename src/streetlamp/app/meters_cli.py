"""The commands below `streetlamp meters`. No logic here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

meters_commands = typer.Typer(
    help="Meters of water, electricity and heat: leaks, bursts and faults in their readings.",
    no_args_is_help=True,
)


@meters_commands.command("scan")
def meters_scan(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILES...", help="Readings: CSV or Green Button XML, also .gz."),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Where the results go.")],
    timezone: Annotated[
        str,
        typer.Option(metavar="ZONE", help="Zone of times without an offset, like Europe/Madrid."),
    ] = "UTC",
    budget: Annotated[
        float | None,
        typer.Option(
            metavar="ALARMS",
            min=0.001,
            max=520,
            help="False alarms a meter may raise in a year, all causes together.",
        ),
    ] = None,
    processes: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, max=64, help="How many work at it. Without it: one a core."
        ),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar.")] = False,
) -> None:
    """Find leaks, bursts and faults in files of readings, replayed as if they came in now.

    Writes findings.jsonl, a picture of each finding, rejected.csv and report.json into DIR.
    docs/19-meters.md describes them. Ctrl-C ends it and keeps what was found so far.
    """  # fmt: skip
    from streetlamp.app.meters_command import scan_files  # noqa: PLC0415  # keeps --help quick
    from streetlamp.machine import cores  # noqa: PLC0415

    if not scan_files(files, out, timezone, budget, processes or cores(), quiet=quiet):
        raise typer.Exit(130)


@meters_commands.command(
    "bench", context_settings={"allow_extra_args": True, "ignore_unknown_options": True}
)
def meters_bench(context: typer.Context) -> None:
    """Measure what is found, how late, at how many false alarms, and how fast.

    In a checkout of the repository. Takes the names of parts (houses, hanoi, speed …) and the
    options of bench/meters.py; without any, all parts: half an hour.
    """
    from streetlamp.app.bench_command import bench  # noqa: PLC0415

    raise typer.Exit(bench(["meters.py"], context.args))


@meters_commands.command("network")
def meters_network(
    model: Annotated[
        Path, typer.Argument(metavar="MODEL.inp", help="The network as an EPANET model.")
    ],
    files: Annotated[
        list[Path],
        typer.Argument(metavar="READINGS...", help="Pressures, flows and tank levels, CSV."),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Where the results go.")],
    timezone: Annotated[
        str,
        typer.Option(metavar="ZONE", help="Zone of times without an offset, like Europe/Madrid."),
    ] = "UTC",
    budget: Annotated[
        float,
        typer.Option(
            metavar="ALARMS",
            min=0.01,
            max=52,
            help="False alarms the network may raise in a year.",
        ),
    ] = 0.2,
    learn_days: Annotated[
        int,
        typer.Option(
            metavar="DAYS",
            min=5,
            max=400,
            help="Days at the beginning without a new leak, to learn from.",
        ),
    ] = 14,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar.")] = False,
) -> None:
    """Find leaks in a network of pipes from pressures and its hydraulic model.

    Needs the extra streetlamp[network]. meter_id of the readings is the name in the model: of a
    junction (kind pressure), a link (kind district_inflow) or a tank (kind tank_level). Writes
    findings.jsonl with the ranked pipes, pictures and maps into DIR: docs/26-network-leaks.md.
    """  # fmt: skip
    from streetlamp.app.network_command import scan_network  # noqa: PLC0415  # keeps --help quick
    from streetlamp.meters.network.options import NetworkOptions  # noqa: PLC0415

    options = NetworkOptions(alarms_per_year=budget, learn_days=learn_days)
    if not scan_network(model, files, out, timezone, options, quiet=quiet):
        raise typer.Exit(130)
