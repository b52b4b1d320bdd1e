"""What made a run: versions, machine kind, seeds and hashes. Times are told, never hashed."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from raabta.base.errors import StoreError
from raabta.engine import atomic

NAME = "provenance.json"
_VECTOR = ("sse4", "avx", "fma", "amx", "asimd", "sve")
_PACKAGES = ("numpy", "numba", "scipy", "zstandard")


def hash_of(value: object) -> str:
    """sha256 (hex) of a JSON-able value in canonical form: sorted keys, no spaces, no NaN.

    Tuples hash as lists; 1 and 1.0 differ. Raises TypeError for anything JSON does not hold and for
    keys that are not text (they would collide with text), ValueError for NaN and infinity.
    """
    _refuse_keys(value)
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def hash_of_file(path: Path) -> str:
    """sha256 (hex) of a file, read in pieces. Raises StoreError."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise atomic.refusal("read", path, error) from error


def environment() -> dict[str, str | None]:
    """What the bits of a result depend on beside its inputs: versions, lock, Python, CPU kind."""
    return {
        "raabta": version_of("raabta"),
        "lock": lock_hash(),
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "cpu": cpu_kind(),
        **{name: version_of(name) for name in _PACKAGES},
    }


def version_of(package: str) -> str | None:
    """Version of an installed package, without importing it; None if it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def lock_hash() -> str | None:
    """sha256 of the `requirements.lock` that stands beside an editable install; None elsewhere."""
    try:
        text = metadata.distribution("raabta").read_text("direct_url.json")
    except metadata.PackageNotFoundError:
        return None
    address = urlsplit(json.loads(text)["url"]) if text else None
    if address is None or address.scheme != "file":
        return None
    lock = Path(unquote(address.path)) / "requirements.lock"
    return hash_of_file(lock) if lock.is_file() else None


def cpu_kind() -> str:
    """The processor's model and its vector instructions: they decide the code that numba makes.

    The instructions are told too because virtual machines often hide the model ("AMD EPYC").
    """
    try:
        text = Path("/proc/cpuinfo").read_text(errors="replace")
    except OSError:
        return platform.processor() or platform.machine()
    facts: dict[str, str] = {}
    for line in text.splitlines():
        name, _, value = line.partition(":")
        facts.setdefault(name.strip(), value.strip())
    model = facts.get("model name") or platform.processor() or platform.machine()
    flags = facts.get("flags") or facts.get("Features") or ""
    return " ".join([model, *sorted(flag for flag in flags.split() if flag.startswith(_VECTOR))])


def provenance(
    *,
    scenario_hash: str,
    seed: int,
    inputs: Mapping[str, str],
    started: datetime,
    ended: datetime | None = None,
) -> dict[str, Any]:
    """The content of `provenance.json`. `inputs` maps the name of each input to its hash."""
    return {
        "schema_version": 1,
        "scenario_hash": scenario_hash,
        "seed": seed,
        "inputs": dict(sorted(inputs.items())),
        "environment": environment(),
        "started": _utc(started),
        "ended": None if ended is None else _utc(ended),
    }


def write_provenance(folder: Path, content: Mapping[str, Any]) -> None:
    """Write `provenance.json` into a run folder. Raises StoreError."""
    text = json.dumps(dict(content), indent=2, allow_nan=False, ensure_ascii=False)
    atomic.write_bytes(folder / NAME, (text + "\n").encode())


def read_provenance(folder: Path) -> dict[str, Any]:
    """What `write_provenance` wrote. Raises StoreError."""
    path = folder / NAME
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise atomic.refusal("read", path, error) from error
    except ValueError as error:
        raise StoreError(f"{path} is damaged: {error}. Run the scenario again: it resumes") from error
    if not isinstance(content, dict):
        raise StoreError(f"{path} is damaged: not a JSON object. Run the scenario again: it resumes")
    return content


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _refuse_keys(value: object) -> None:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise TypeError(f"key {key!r} is not text: it cannot be hashed as JSON")
            _refuse_keys(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            _refuse_keys(inner)
