"""Options and arguments that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Scenario = Annotated[
    str,
    typer.Argument(metavar="SCENARIO", help="a scenario file, or a built-in: pakistan, pakistan-paksat, ..."),
]
RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="folder of a run")]
Out = Annotated[Path | None, typer.Option(help="folder to keep it in; an existing run is resumed")]
Workers = Annotated[int | None, typer.Option(min=1, max=256, help="processes [default: one per core]")]
Scheduler = Annotated[
    str | None, typer.Option(metavar="dask://HOST:PORT", help="compute on the workers of a dask scheduler")
]
MaxTime = Annotated[
    str | None, typer.Option(metavar="D", help="refuse a job that takes longer [default: 24h]")
]
MaxMemory = Annotated[
    str | None, typer.Option(metavar="SIZE", help="refuse a job that needs more [default: this machine's]")
]
Yes = Annotated[bool, typer.Option("--yes", help="run it whatever it takes")]
Device = Annotated[
    str, typer.Option(metavar="auto|cpu|gpu", help="a GPU needs raabta[gpu]; auto says why there is none")
]
Start = Annotated[str | None, typer.Option(metavar="T", help="start, ISO 8601, UTC")]
Orbits = Annotated[Path | None, typer.Option(help="TLE or OMM file instead of the shells")]
Area = Annotated[Path | None, typer.Option(help="GeoJSON outline instead of the country's")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="overrule any key of the scenario; repeatable"),
]
Duration = Annotated[str | None, typer.Option(metavar="D", help="24h, 90min, 3600s, 7d, PT24H")]
Step = Annotated[str | None, typer.Option(metavar="S", help="length of a slot: 15s")]
AsJson = Annotated[bool, typer.Option("--json", help="print the summary alone, as JSON")]
