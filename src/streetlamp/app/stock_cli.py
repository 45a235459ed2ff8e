"""The commands below `streetlamp stock`. No logic here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

stock_commands = typer.Typer(
    help="Tanks and stores of bulk goods: what is missing, since when, and why.",
    no_args_is_help=True,
)

Records = Annotated[Path, typer.Argument(metavar="FOLDER", help="The records, as CSV files.")]
Out = Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Where the results go.")]


@stock_commands.command("sir")
def stock_sir(
    folder: Records,
    out: Out,
    test_days: Annotated[
        int,
        typer.Option(
            min=7,
            max=365,
            help="The last so many days are the month under test; what lies before is history, "
            "in which a steady loss cannot be told from evaporation or a meter's bias.",
        ),
    ] = 30,
) -> None:
    """Reconcile tanks statistically (SIR): the leak rate, its interval, pass or fail.

    Reads daily inventory records and the tanks' charts; writes sir.csv and sir.html into DIR.
    """
    from streetlamp.app.stock_sir import reconcile_tanks  # noqa: PLC0415  # keeps --help quick

    reconcile_tanks(folder, out, test_days=test_days)


@stock_commands.command("chart")
def stock_chart(folder: Records, out: Out) -> None:
    """Correct the tanks' charts by their own records: volume, sigma and change at each height.

    From the same files as `streetlamp stock sir`; writes a chart_TANK.csv for each tank into DIR.
    """
    from streetlamp.app.stock_chart import correct_charts  # noqa: PLC0415

    correct_charts(folder, out)


@stock_commands.command("reconcile")
def stock_reconcile(
    folder: Records,
    out: Out,
    false_alarms: Annotated[
        float,
        typer.Option(
            min=0.01, max=12, help="False alarms that one store may raise in a year, all causes."
        ),
    ] = 0.15,
) -> None:
    """Close every store's balance day by day: what is missing, since when, and why.

    Reads tanks' inventory, bulk stores' movements or a ledger; writes findings.jsonl, a sheet a
    store and the ledger they trace to into DIR.
    """
    from streetlamp.app.stock_reconcile import reconcile  # noqa: PLC0415  # keeps --help quick

    reconcile(folder, out, false_alarms=false_alarms)


@stock_commands.command(
    "bench", context_settings={"allow_extra_args": True, "ignore_unknown_options": True}
)
def stock_bench(context: typer.Context) -> None:
    """Measure verdicts, causes, false alarms and delays on sets with known answers.

    In a checkout of the repository: what bench/stock_sir.py and bench/stock_reconcile.py print.
    Takes --save, which keeps the tables in bench/results.
    """
    from streetlamp.app.bench_command import bench  # noqa: PLC0415

    raise typer.Exit(bench(["stock_sir.py", "stock_reconcile.py"], context.args))


@stock_commands.command("sheet")
def stock_sheet(
    folder: Records,
    month: Annotated[str, typer.Option(metavar="MONTH", help="Such as 2026-10.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="The page to write.")],
    ledger: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The ledger whose numbers the sheet names, with what was noted at the desk: "
            "stock-ledger.db in its data folder. Left out: ledger.db beside the page.",
        ),
    ] = None,
    first_day: Annotated[
        str, typer.Option(metavar="DAY", help="Where days are only numbered: the date of day 0.")
    ] = "",
    timezone: Annotated[str, typer.Option(metavar="ZONE", help="In which the month is.")] = "UTC",
    false_alarms: Annotated[
        float,
        typer.Option(min=0.01, max=12, help="As for `stock reconcile`: the findings' budget."),
    ] = 0.15,
) -> None:
    """Write a month's compliance sheet: verdicts, balances, findings, each figure traceable.

    One HTML page, to print or to save as PDF. Each figure links the ledger's entries.
    """
    from streetlamp.app.stock_sheet import write_sheet  # noqa: PLC0415  # keeps --help quick

    write_sheet(
        folder,
        out,
        month=month,
        ledger=ledger,
        first_day=first_day,
        zone=timezone,
        false_alarms=false_alarms,
    )
