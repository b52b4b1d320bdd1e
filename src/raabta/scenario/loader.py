"""From a file or a built-in name to a frozen Scenario, with errors that point at the line."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Any, Literal, TypedDict, Unpack

from raabta.base.errors import ScenarioError
from raabta.base.userfiles import why_not
from raabta.scenario import hypatia, override
from raabta.scenario.catalogue import actual_gateways
from raabta.scenario.diagnosis import diagnose, raise_issues
from raabta.scenario.documents import Document, Loc, read_file
from raabta.scenario.fields import value_at
from raabta.scenario.findings import Issue, Origin, origin
from raabta.scenario.kinds import BROADBAND, MODELS, AnyScenario, FleetScenario
from raabta.scenario.missions import MissionScenario
from raabta.scenario.models import SCHEMA_VERSION, Scenario
from raabta.scenario.references import complete_orbiters
from raabta.scenario.suggest import near_name

EVERY = "[]"
"""Part of a place: every item of a list."""
FILE_FIELDS: tuple[tuple[str, ...], ...] = (
    ("area", "outline_file"),
    ("area", "people_file"),
    ("area", "districts_file"),
    ("area", "horizon_file"),
    ("constellation", "orbits_file"),
    ("constellation", "lasers", "links_file"),
    ("demand", "terrestrial", "coverage_file"),
    ("weather", "cloud_maps_file"),
    ("fallback", "constellation", "orbits_file"),
    ("fallback", "constellation", "lasers", "links_file"),
    ("sites", EVERY, "terrain"),
    ("craft", EVERY, "orbits_file"),
    ("craft", EVERY, "orbiter", "oem_file"),
)
"""Fields that name a file; relative ones are meant from the scenario's own folder."""


class Options(TypedDict, total=False):
    """What may overrule the file: see `load_any`."""

    start: datetime | None
    duration_s: float | None
    step_s: float | None
    seed: int | None
    orbits_file: Path | None
    outline_file: Path | None
    gateways: Literal["scenario", "actual"]
    settings: Sequence[str]
    files_needed: bool


def builtin_names() -> list[str]:
    """Names of the scenarios that come with raabta."""
    return sorted(path.stem for path in _builtin_folder().glob("*.yaml"))


def _builtin_folder() -> Path:
    return Path(str(resources.files("raabta.scenario"))) / "builtin"


def load(source: str | Path, **options: Unpack[Options]) -> Scenario:
    """Read a broadband scenario: see `load_any`. Raises ScenarioError for one of another kind too."""
    scenario = load_fleet(source, **options)
    if isinstance(scenario, Scenario):
        return scenario
    raise ScenarioError(
        f"'{source}' is a scenario of kind {scenario.kind}: it asks for ways, not for who is served",
        hint="`raabta run` and `raabta paths` take it",
    )


def load_fleet(source: str | Path, **options: Unpack[Options]) -> FleetScenario:
    """Read a scenario of one constellation: see `load_any`. Raises ScenarioError for a mission too."""
    scenario = load_any(source, **options)
    if isinstance(scenario, MissionScenario):
        raise ScenarioError(
            f"'{source}' is a scenario of kind {scenario.kind}: it names craft and sites of its own",
            hint="`raabta run` takes it",
        )
    return scenario


def load_any(
    source: str | Path,
    *,
    start: datetime | None = None,
    duration_s: float | None = None,
    step_s: float | None = None,
    seed: int | None = None,
    orbits_file: Path | None = None,
    outline_file: Path | None = None,
    gateways: Literal["scenario", "actual"] = "scenario",
    settings: Sequence[str] = (),
    files_needed: bool = True,
) -> AnyScenario:
    """Read a scenario of any kind from a YAML file, a built-in name or a Hypatia folder (`hypatia.document`):
    resolve the catalogue, check, freeze.

    The keyword arguments overrule the file (`raabta run` options); `settings` are texts `KEY=VALUE` as
    `override` reads them. Without `files_needed` the files that it names may be gone, as those of a run that
    is over. Raises ScenarioError that holds file, line, column and a hint for the first fault;
    its text lists every fault found.
    """
    path = _locate(source)
    document = hypatia.document(path) if hypatia.is_folder(path) else read_file(path)
    _check_schema_version(document)
    _check_kind(document)
    raw = copy.deepcopy(document.data)
    overruled = _overrule(
        raw,
        {
            ("time", "start"): start.isoformat() if start else None,
            ("time", "duration_s"): duration_s,
            ("time", "step_s"): step_s,
            ("seed",): seed,
            ("constellation", "orbits_file"): str(orbits_file.absolute()) if orbits_file else None,
            ("area", "outline_file"): str(outline_file.absolute()) if outline_file else None,
        },
    )
    if gateways == "actual":
        _use_actual_gateways(raw)
    given = [override.read(text) for text in settings]
    laid = dict(overruled)
    scenario, found = _diagnosed(raw, path, laid, given, files_needed)
    if scenario is None:
        alone = _diagnosed(raw, path, overruled, [], files_needed)[1] if given else found
        raise_issues(override.due_to_settings(found, alone, laid), document)
    return scenario


def _diagnosed(
    raw: dict[str, Any],
    path: Path,
    overruled: dict[Loc, Origin],
    given: Sequence[override.Setting],
    files_needed: bool,
) -> tuple[AnyScenario | None, list[Issue]]:
    """The scenario of a file's data with the settings laid on it, or its issues; notes who set what."""
    data, issues = override.lay(raw, given, overruled)
    complete_orbiters(data)
    if given:
        texts = "; ".join(setting.text for setting in given)
        _assume(data, f"Set on the command line, whatever is said above: {texts}")
    gone = _absolute_paths(data, path.absolute().parent, overruled)
    issues += gone if files_needed else []
    return diagnose(data, overruled, issues)


def _locate(source: str | Path) -> Path:
    if isinstance(source, str) and source in builtin_names():
        return _builtin_folder() / f"{source}.yaml"
    path = Path(source)
    if _holds(hypatia.is_folder, path):
        return path
    if _holds(Path.is_dir, path):
        raise _no_scenario(source, path)
    if _holds(Path.exists, path):
        return path
    folder = path.parent if _holds(Path.is_dir, path.parent) else Path()
    beside = {each.name: str(each) for each in folder.glob("*.y*ml")}
    near = near_name(path.name, [*builtin_names(), *beside])
    hint = f"did you mean '{beside.get(near, near)}'? " if near else ""
    raise ScenarioError(
        f"there is no file '{source}' and no built-in scenario of that name",
        hint=f"{hint}built-in: {', '.join(builtin_names())}; `raabta init FILE` writes a starting point",
    )


def _no_scenario(source: str | Path, folder: Path) -> ScenarioError:
    """What to say of a folder that is neither a scenario nor Hypatia's."""
    of_a_run = folder / "scenario.yaml"
    if of_a_run.is_file():
        hint = f"the scenario of that run is {of_a_run}"
        return ScenarioError(f"'{source}' is a folder, not a scenario file", hint=hint)
    return ScenarioError(
        f"'{source}' is a folder, not a scenario file, and holds none of the {len(hypatia.FILES)} files of a "
        f"Hypatia folder:\n{hypatia.lacking(folder)}",
        hint="give a scenario file, or a whole folder of Hypatia's",
    )


def _check_schema_version(document: Document) -> None:
    data = document.data
    if not isinstance(data, dict):
        raise document.error(
            "a scenario is a mapping of keys to values", 1, 1, "`raabta init FILE` writes a starting point"
        )
    if data.get("type") in ("Polygon", "MultiPolygon", "Feature", "FeatureCollection"):
        text = "this is GeoJSON, not a scenario"
        raise document.error(text, 1, 1, "`raabta run SCENARIO --area FILE` takes it as the area")
    if "schema_version" not in data:
        near = near_name("schema_version", data)
        hint = f"write `schema_version: {SCHEMA_VERSION}` as the first line"
        place = document.place((near,)) if near else document.place(())
        line, column = place.key_line, place.key_column
        instead = f", did you mean it by '{near}'?" if near else ""
        raise document.error(f"the key 'schema_version' is missing{instead}", line, column, hint)
    place, version = document.place(("schema_version",)), data["schema_version"]
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise document.error(
            f"schema_version is {version!r}, not a whole number from 1",
            place.value_line,
            place.value_column,
            f"this raabta writes `schema_version: {SCHEMA_VERSION}`",
        )
    if version > SCHEMA_VERSION:
        raise document.error(
            f"this file is of schema version {version}; this raabta reads up to {SCHEMA_VERSION}",
            place.value_line,
            place.value_column,
            "update raabta (`pip install --upgrade raabta`) or write the scenario for this version",
        )


def _check_kind(document: Document) -> None:
    said = document.data.get("kind", BROADBAND)
    if not isinstance(said, str) or said not in MODELS:
        place, near = document.place(("kind",)), near_name(str(said), MODELS)
        hint = f"did you mean '{near}'?" if near else f"kinds: {', '.join(MODELS)}"
        text = f"there is no kind of scenario called {said!r}"
        raise document.error(text, place.value_line, place.value_column, hint)


def _overrule(data: dict[str, Any], values: dict[tuple[str, ...], Any]) -> dict[Loc, Origin]:
    """Put command-line values into `data`; returns the option that set each place."""
    options = {"outline_file": "--area", "duration_s": "--duration", "step_s": "--step"}
    overruled: dict[Loc, Origin] = {}
    for loc, value in values.items():
        parent = _mapping_at(data, loc[:-1]) if value is not None else None
        if parent is None:
            continue
        parent[loc[-1]] = value
        overruled[loc] = options.get(loc[-1], "--" + loc[-1].removesuffix("_file"))
    if ("constellation", "orbits_file") in overruled:
        data["constellation"].update(shells=[], geostationary=[])
    return overruled


def _mapping_at(data: dict[str, Any], loc: tuple[str, ...]) -> dict[str, Any] | None:
    for key in loc:
        node = data.setdefault(key, {})
        if not isinstance(node, dict):
            return None
        data = node
    return data


def _use_actual_gateways(data: dict[str, Any]) -> None:
    gateways = [gateway.model_dump(mode="json") for gateway in actual_gateways()]
    data["gateways"] = gateways
    sharing = data.get("sharing")
    lasers = isinstance(sharing, dict) and sharing.get("landing") == "lasers"
    how = "landing by laser" if lasers else "bent pipe, no inter-satellite links"
    note = (
        "Gateways: only those on the public list of Starlink sites of March 2026 ("
        + ", ".join(gateway["name"] for gateway in gateways)
        + f"), {how}; none stands in Pakistan"
    )
    _assume(data, note)


def _assume(data: dict[str, Any], note: str) -> None:
    """Add a sentence to what every report repeats."""
    if isinstance(data.get("assumptions", []), list):
        data["assumptions"] = [*data.get("assumptions", []), note]


def _absolute_paths(data: dict[str, Any], folder: Path, overruled: dict[Loc, Origin]) -> list[Issue]:
    """Make paths whole: from the scenario's folder, or where `--set` gave them, from the current one."""
    issues = []
    for loc in _file_places(data):
        parent, value = value_at(data, loc[:-1]), value_at(data, loc)
        if not isinstance(value, str) or parent is None:
            continue
        base, name = folder, "the scenario's"
        if isinstance(origin(loc, overruled), Document):
            base, name = Path.cwd(), "the current"
        path = base / value
        parent[loc[-1]] = str(path)
        if not _holds(Path.is_file, path):
            whole = Path(value).is_absolute()
            hint = "put the file there, or name another" if whole else f"paths are meant from {name} folder"
            fault, near = why_not(path)
            issues.append(Issue(loc, f"{fault}: {path}", near or hint))
    return issues


def _holds(asked: Callable[[Path], bool], path: Path) -> bool:
    """Whether something holds of a path; of one that no system could hold, nothing does."""
    try:
        return asked(path)
    except (OSError, ValueError):
        return False


def to_yaml(scenario: AnyScenario) -> str:
    """The whole resolved scenario as YAML: `load` of it gives an equal Scenario."""
    from io import StringIO

    from ruamel.yaml import YAML

    yaml: Any = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.allow_unicode = True
    yaml.width = 1_000_000
    yaml.sort_base_mapping_type_on_output = False
    stream = StringIO()
    yaml.dump(scenario.model_dump(mode="json"), stream)
    return stream.getvalue()


def scenario_hash(scenario: AnyScenario) -> str:
    """SHA-256 (hex) of the canonical JSON; a named file counts by its content, not by its path."""
    data = scenario.model_dump(mode="json")
    for loc in _file_places(data):
        _at_file(data, loc, _content_hash)
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def missing_files(scenario: AnyScenario) -> list[str]:
    """The files that a scenario names and that are not there."""
    data = scenario.model_dump(mode="json")
    named = (value_at(data, loc) for loc in _file_places(data))
    return [path for path in named if isinstance(path, str) and not _holds(Path.is_file, Path(path))]


def _file_places(data: Any) -> list[Loc]:
    """Where this data may name a file: FILE_FIELDS with the items of its lists numbered."""
    found: list[Loc] = []
    for field in FILE_FIELDS:
        places: list[Loc] = [()]
        for part in field:
            places = [(*place, each) for place in places for each in _parts(value_at(data, place), part)]
        found += places
    return found


def _parts(node: Any, part: str) -> list[str] | list[int]:
    if part != EVERY:
        return [part]
    return list(range(len(node))) if isinstance(node, list) else []


def _at_file(data: dict[str, Any], loc: Loc, change: Callable[[str], str]) -> None:
    named = value_at(data, loc)
    if named is not None:
        value_at(data, loc[:-1])[loc[-1]] = change(named)


def _content_hash(path: str) -> str:
    try:
        with Path(path).open("rb") as stream:
            return "sha256:" + hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        fault, hint = why_not(Path(path), error)
        raise ScenarioError(f"cannot be read: {fault}", file=path, hint=hint) from None
