"""The front door: one command for each thing a person wants. No logic here."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

import streetlamp
from streetlamp.app.camera_cli import CameraUser, PasswordEnv, camera_commands
from streetlamp.app.meters_cli import meters_commands
from streetlamp.app.notify_cli import notify_commands
from streetlamp.app.people_cli import tokens_commands, users_commands
from streetlamp.app.rules_cli import alarm_commands, rules_commands
from streetlamp.app.stock_cli import stock_commands
from streetlamp.errors import UserError

app = typer.Typer(
    name="streetlamp",
    help="Looks after a place without looking at who is there.\n\n"
    "Takes in a place's cameras, hides the people in the picture before anything is kept or "
    "shown, tags what is happening, and raises alarms at an operator's desk.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
site_commands = typer.Typer(
    help="The site file: what you write about your place.", no_args_is_help=True
)
app.add_typer(site_commands, name="site")
app.add_typer(camera_commands, name="camera")
app.add_typer(rules_commands, name="rules")

app.add_typer(alarm_commands, name="alarms")
app.add_typer(meters_commands, name="meters")
app.add_typer(users_commands, name="users")
app.add_typer(tokens_commands, name="tokens")
app.add_typer(notify_commands, name="notify")
app.add_typer(stock_commands, name="stock")

SiteFile = Annotated[
    Path | None,
    typer.Argument(metavar="SITE.yaml", help="The site file (see `streetlamp site new`)."),
]
Sources = Annotated[
    list[str] | None,
    typer.Option(
        "--source",
        "-s",
        metavar="URL_OR_FILE",
        help="A camera without a site file: an RTSP or HTTP address, a file, a folder of files, "
        "a webcam's number, or test: (may be given more than once).",
    ),
]
Data = Annotated[
    Path | None,
    typer.Option("--data", help="Where recordings and the database are kept.", metavar="DIR"),
]


@app.command()
def run(
    site: SiteFile = None,
    source: Sources = None,
    data: Data = None,
    host: Annotated[str | None, typer.Option(help="Address the page is served on.")] = None,
    port: Annotated[
        int | None, typer.Option(help="Port of the page; 0 picks a free one.", min=0, max=65535)
    ] = None,
) -> None:
    """Run the cameras: hide, tag, alarm, record and show. Ctrl-C stops cleanly."""
    from streetlamp.app.live import run_site  # noqa: PLC0415  # keeps --help quick
    from streetlamp.app.settings import settle  # noqa: PLC0415

    run_site(settle(site, source or [], data=data, host=host, port=port))


@app.command()
def process(
    clips: Annotated[
        list[Path], typer.Argument(metavar="CLIP...", help="Video files, or folders of them.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Where the results go.")],
    site: Annotated[
        Path | None,
        typer.Option(
            "--site", metavar="SITE.yaml", help="Take zones, lines, rules and settings from here."
        ),
    ] = None,
    camera: Annotated[
        str | None, typer.Option(help="Which camera of the site file the clips are from.")
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(help="When the clip begins, e.g. 2026-05-01T08:00:00+02:00 (for schedules)."),
    ] = None,
    audio: Annotated[bool, typer.Option("--audio", help="Keep the clip's sound.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar.")] = False,
) -> None:
    """Run the same pipeline over files, as fast as the machine allows.

    Writes masked.mp4, tracks.csv, hidden.csv, events.jsonl, counts.csv and report.json into DIR
    (into a folder each when there are several clips). docs/06-process.md describes them.
    """
    from streetlamp.app.process_command import process_files  # noqa: PLC0415

    process_files(clips, out, site, camera, start, audio=audio, quiet=quiet)


@app.command()
def check(
    site: Annotated[Path, typer.Argument(metavar="SITE.yaml", help="The site file to check.")],
    probe: Annotated[bool, typer.Option(help="Also open every source.")] = True,
) -> None:
    """Check a site file and every source in it; say what is wrong and where."""
    from streetlamp.app.check import check_site  # noqa: PLC0415

    if not check_site(site, probe=probe):
        raise typer.Exit(1)


@app.command()
def discover(
    address: Annotated[
        list[str] | None,
        typer.Option(
            "--address",
            "-a",
            metavar="HOST[:PORT]",
            help="Ask this machine instead of the network (may be given more than once).",
        ),
    ] = None,
    user: CameraUser = "",
    password_env: PasswordEnv = "",
    timeout: Annotated[
        float, typer.Option(help="Seconds to wait for answers.", min=0.2, max=60)
    ] = 3.0,
    write: Annotated[
        Path | None,
        typer.Option(metavar="SITE.yaml", help="Write the piece of site file into this new file."),
    ] = None,
) -> None:
    """Find the cameras in this network (ONVIF), and print a piece of site file for them."""
    from streetlamp.app.discover_command import discover as find  # noqa: PLC0415

    if not find(address or [], user, password_env, timeout, write):
        raise typer.Exit(1)


@app.command("audit-hiding")
def audit_hiding(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="SITE.yaml|CLIP...", help="A site file, or masked clips."),
    ],
    camera: Annotated[str | None, typer.Option(help="Only this camera of the site file.")] = None,
    since: Annotated[
        str, typer.Option(help="How far back, e.g. 30m, 24h or 7d (of a site's recordings).")
    ] = "24h",
    samples: Annotated[
        int, typer.Option(help="Pictures looked at, of each camera or clip.", min=1)
    ] = 400,
    report: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Also write a report: .html, .csv or .json."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Draw the same pictures every time (for tests).")
    ] = None,
) -> None:
    """Look with another model whether anybody can be seen in stored, masked video.

    Ends with 1 when somebody can. docs/08-audit-hiding.md says how far to trust it.
    """
    from streetlamp.app import audit_command  # noqa: PLC0415

    if not audit_command.audit_hiding(
        paths, camera=camera, since=since, samples=samples, report=report, seed=seed
    ):
        raise typer.Exit(1)


@app.command()
def backtest(
    site: Annotated[Path, typer.Argument(metavar="SITE.yaml", help="The site file.")],
    camera: Annotated[str | None, typer.Option(help="Only this camera.")] = None,
    rule: Annotated[str | None, typer.Option(help="Only the rule of this name.")] = None,
    days: Annotated[float, typer.Option(help="How many days back.", min=0.01, max=365)] = 7.0,
    start: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="e.g. 2026-05-01T08:00")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", metavar="TIME", help="Left out: now.")] = None,
    rules: Annotated[
        Path | None,
        typer.Option(metavar="OTHER.yaml", help="Compare with the rules of this site file."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what the rules would have raised in the last days, and when.

    Runs them over the index kept beside the recordings. docs/18-backtest.md says how far to trust
    it. With --rules, a draft of the site file is compared with the rules as they are set.
    """
    from streetlamp.app import backtest_command  # noqa: PLC0415

    backtest_command.backtest(
        site, camera=camera, rule=rule, days=days, start=start, end=end, other=rules,
        as_json=as_json,
    )  # fmt: skip


@app.command()
def serviceability(
    site: Annotated[Path, typer.Argument(metavar="SITE.yaml", help="The site file.")],
    month: Annotated[
        str | None, typer.Option(metavar="YYYY-MM", help="A month; left out: the running one.")
    ] = None,
    week: Annotated[str | None, typer.Option(metavar="YYYY-Www", help="A week.")] = None,
    day: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="A day.")] = None,
    since: Annotated[str | None, typer.Option(help="How far back, e.g. 24h or 30d.")] = None,
    report: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Also write a report: .html, .csv or .json."),
    ] = None,
) -> None:
    """Say how well the cameras served: minutes kept, minutes lost, and why.

    Ends with 1 when the objective is missed. docs/11-serviceability.md says how it is counted.
    """
    from streetlamp.app import serviceability_command  # noqa: PLC0415

    if not serviceability_command.serviceability(
        site, month=month, week=week, day=day, since=since, out=report
    ):
        raise typer.Exit(1)


@app.command()
def mode(
    site: Annotated[Path, typer.Argument(metavar="SITE.yaml", help="The site file.")],
    choose: Annotated[
        str | None,
        typer.Argument(
            metavar="MODE", help="A mode of the site, or auto: as scheduled. Left out: only say."
        ),
    ] = None,
    data: Data = None,
    hold: Annotated[
        bool,
        typer.Option("--hold", help="It stays until somebody changes it, whatever the schedule."),
    ] = False,
) -> None:
    """Say which mode the site is in (day, night, …), or put it into another.

    A running site follows within three seconds. It is written into the audit log.
    """
    from streetlamp.app.mode_command import mode as change  # noqa: PLC0415

    change(site, choose, data=data, hold=hold)


@app.command()
def models(
    folder: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A folder with models of your own.")
    ] = None,
) -> None:
    """List the detector models there are, and say how to add one."""
    from streetlamp.app.models import show_models  # noqa: PLC0415

    show_models(folder)


@app.command("virtual-camera")
def virtual_camera(
    clips: Annotated[
        list[Path] | None, typer.Argument(metavar="CLIP", help="Video files, one a camera.")
    ] = None,
    faults: Annotated[
        list[str] | None,
        typer.Option(
            "--faults",
            metavar="LIST",
            help="What goes wrong and when, e.g. freeze@30s,cover@2m+30s:50%,drop@4m. "
            "`--faults list` prints all there are.",
        ),
    ] = None,
    repeat: Annotated[
        str | None, typer.Option(metavar="TIME", help="Start the faults again every so often.")
    ] = None,
    count: Annotated[
        int | None,
        typer.Option(
            min=1, max=1000, help="How many cameras, cam001 and so on; the clips go round."
        ),
    ] = None,
    listen: Annotated[
        str, typer.Option(metavar="ADDRESS", help="0.0.0.0 opens it to the network.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(help="RTSP port; 0 picks a free one.", min=0, max=65535)
    ] = 8554,
    user: Annotated[str, typer.Option(help="Name to log in with.")] = "admin",
    password_env: Annotated[
        str | None,
        typer.Option(metavar="VARIABLE", help="Ask for the password in this environment variable."),
    ] = None,
    sub: Annotated[bool, typer.Option(help="Offer a second, small stream.")] = True,
    encode: Annotated[
        bool, typer.Option("--encode", help="Encode the clip anew even if it could be sent as is.")
    ] = False,
    noise: Annotated[
        float, typer.Option(min=0, max=50, help="Add a sensor's noise (deviation, of 255 levels).")
    ] = 0.0,
    clock: Annotated[
        bool, typer.Option("--clock", help="Burn date and time into the picture.")
    ] = False,
    longest: Annotated[
        str, typer.Option(metavar="TIME", help="How much of a clip is used, from its beginning.")
    ] = "5m",
    seed: Annotated[int, typer.Option(help="Another number, other noise and blots.")] = 0,
) -> None:
    """Serve clips as RTSP cameras to rehearse with, and let go wrong what you want to see.

    A fault is NAME@TIME[+DURATION][:STRENGTH][:CAMERA]. Without a duration it lasts until the
    next one begins; without a camera it happens to the first one, and `:all` means all at once.

    docs/10-virtual-cameras.md shows some drills.
    """
    from streetlamp.app.virtual_command import serve_clips  # noqa: PLC0415

    serve_clips(
        clips or [], faults or [], repeat=repeat, count=count, listen=listen, port=port, user=user,
        password_env=password_env, sub=sub, recode=encode, noise=noise, clock=clock,
        longest=longest, seed=seed,
    )  # fmt: skip


@site_commands.command("new")
def site_new(
    path: Annotated[
        Path | None,
        typer.Argument(metavar="SITE.yaml", help="The file to write; - or nothing prints it."),
    ] = None,
) -> None:
    """Write a commented sample site file to begin with."""
    from streetlamp.app.settings import write_sample  # noqa: PLC0415

    write_sample(path)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"streetlamp {streetlamp.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Runs the command line. A `UserError` is printed as it is, without a traceback."""
    try:
        app()
    except UserError as error:
        typer.secho(f"streetlamp: {error}", err=True, fg=typer.colors.RED)
        sys.exit(2)
    except KeyboardInterrupt:
        typer.echo("Stopped.", err=True)
        sys.exit(130)
