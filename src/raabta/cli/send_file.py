"""`raabta send-file`: a file over a link that follows a contact plan, in simulated time."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from raabta.base.errors import NoSolutionError, OutOfRangeError, ScenarioError
from raabta.cli.options import AsJson
from raabta.cli.output import say_json, show

if TYPE_CHECKING:
    from rich.table import Table

    from raabta.network.mesh.contacts import ContactPlan
    from raabta.packets.file_delivery import Delivery


def send_file(
    file: Annotated[
        Path, typer.Argument(help="the file to send; it is read, and nothing leaves this machine")
    ],
    plan: Annotated[
        Path, typer.Argument(help="a contact plan: .csv of `raabta contacts`, or ION's commands")
    ],
    source: Annotated[str, typer.Option("--from", metavar="NODE", help="who sends")],
    target: Annotated[str, typer.Option("--to", metavar="NODE", help="who receives")],
    loss: Annotated[str, typer.Option(metavar="SHARE", help="of the PDUs, each way: 3% or 0.03")] = "0%",
    pdu: Annotated[int, typer.Option(metavar="BYTES", help="longest PDU, header and CRC counted")] = 1_024,
    dark: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FROM-TO", help="loss of signal that the plan does not know: 10min-12min; repeatable"
        ),
    ] = None,
    suspend: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FROM-TO", help="the sender is suspended, and then resumed: 10min-1h; repeatable"
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="of the losses")] = 2026,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="write what came, if it came whole; nothing may be there yet"),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="go on with what a command that was killed left beside --out")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Send a file over contacts by CFDP class 2, in simulated time; print how long it takes, and the cost.

    Data that are lost are asked for again, timers stand still between contacts, and nobody has to help.
    """
    from raabta.packets.file_delivery import Rules, deliver

    if resume and out is None:
        raise ScenarioError("option --resume goes on with a file that --out names", hint="add --out FILE")
    rules = Rules(
        pdu_bytes=pdu,
        loss_share=_share(loss),
        seed=seed,
        dark_s=tuple(_span(each, "--dark") for each in dark or ()),
        suspended_s=tuple(_span(each, "--suspend") for each in suspend or ()),
    )
    with TemporaryDirectory(prefix="raabta-") as folder:
        received = out if out is not None else Path(folder) / "received"
        found = deliver(file, read_plan(plan), source, target, rules, out=received, resume=resume)
    if as_json:
        say_json({"file": file.name, "from": source, "to": target, **found.told()})
    else:
        show([table(found, f"{file.name} from {source} to {target}")])
    if not found.delivered:
        raise NoSolutionError(f"{file.name} was not delivered: {found.fault}")


def read_plan(file: Path) -> ContactPlan:
    """A contact plan, by what its file is called."""
    from raabta.network.mesh.contact_files import read_csv, read_ion

    return read_csv(file) if file.suffix.lower() == ".csv" else read_ion(file)


def _share(text: str) -> float:
    percent = text.strip().endswith("%")
    try:
        value = float(text.strip().removesuffix("%")) / (100.0 if percent else 1.0)
    except ValueError:
        raise ScenarioError(f"option --loss: '{text}' is no share", hint="write 3% or 0.03") from None
    if not 0.0 <= value < 1.0:
        raise OutOfRangeError("option --loss", text, "0% to below 100%", "a share of the PDUs")
    return value


def _span(text: str, option: str) -> tuple[float, float]:
    from raabta.cli.times import seconds

    first, dash, last = text.partition("-")
    if not dash:
        raise ScenarioError(
            f"option {option}: '{text}' is no span", hint="write FROM-TO, such as 10min-12min"
        )
    begin = 0.0 if first.strip() in ("", "0", "0s") else seconds(first.strip(), option)
    return begin, seconds(last.strip(), option)


def table(found: Delivery, title: str) -> Table:
    """How it went."""
    from rich.table import Table
    from rich.text import Text

    out = Table(title=Text(title), title_justify="left", show_header=False)
    out.add_column("what")
    out.add_column("figure", justify="right")
    whole = "never" if found.whole_s is None else f"{_time(found.whole_s - found.began_s)} after it began"
    rows = (
        ("delivered", "yes" if found.delivered else f"no: {found.fault}"),
        ("began, after the plan's start", _time(found.began_s)),
        ("whole at the receiver", whole),
        (
            "both sides know",
            "never" if found.closed_s is None else f"{_time(found.closed_s - found.began_s)} after",
        ),
        ("bytes of the file, of them received", f"{found.file_bytes:,}, {found.received_bytes:,}"),
        ("losses of signal in the plan on the way", f"{found.gaps:,}"),
        ("PDUs forward, lost", f"{found.forward_pdus:,}, {found.forward_lost:,}"),
        ("PDUs back, lost", f"{found.return_pdus:,}, {found.return_lost:,}"),
        ("bytes of the file sent again", f"{found.resent_bytes:,}"),
        ("requests for what is missing, rounds", f"{found.naks:,}, {found.rounds:,}"),
        ("largest of them", f"{found.largest_nak_bytes:,} bytes"),
        ("PDUs refused", f"{found.refused:,}"),
    )
    for row in rows:
        out.add_row(*row)
    return out


def _time(seconds: float) -> str:
    hours, rest = divmod(round(seconds, 1), 3_600.0)
    return f"{int(hours)} h {int(rest // 60):02d} min {rest % 60:04.1f} s"
