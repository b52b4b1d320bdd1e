"""Frames by name, and the rotation from any to any other.

| name | axes |
|---|---|
| GCRF | the celestial frame of the ephemerides (ICRF axes), about any body |
| ITRF | fixed to the Earth |
| TEME | SGP4's true equator, mean equinox |
| MOON_ME | fixed to the Moon: mean Earth direction and mean rotation axis, as maps and sites are given |
| MOON_PA | fixed to the Moon: principal axes, as gravity fields are given |

MOON_ME and MOON_PA lie 0.0288 degrees apart, up to 875 m on the ground: every lunar input names its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

import numpy as np
import numpy.typing as npt

from raabta.base.clock import Floats, Times, as_utc, eop_version
from raabta.base.earth_rotation import Beyond, gcrf_to_itrf, hold_note
from raabta.base.ephemeris import Ephemeris, ephemeris
from raabta.base.errors import OutOfRangeError, ScenarioError
from raabta.base.frames import teme_to_itrf
from raabta.base.librations import librations
from raabta.base.timescales import leap_second_note, tdb_s

CENTRE = {"GCRF": None, "ITRF": "Earth", "TEME": "Earth", "MOON_ME": "Moon", "MOON_PA": "Moon"}
"""Frames and the body that they turn with (None: with none)."""
FIXED = {"Earth": ("ITRF",), "Moon": ("MOON_ME", "MOON_PA")}
"""Frames that are fixed to a body."""


def rotation(
    from_frame: str,
    to_frame: str,
    times: npt.ArrayLike,
    *,
    beyond: Beyond = "refuse",
    orientation: str = "DE421",
) -> Floats:
    """M (t, 3, 3) with r_to = M r_from at UTC `times` (t,).

    beyond: what to do after the IERS's table where the Earth is concerned (`base.earth_rotation`).
    orientation: whose librations, DE421 or DE440. OutOfRangeError for a frame that is none of `CENTRE`, and
    for times outside the tables.
    """
    for name in (from_frame, to_frame):
        _check_name(name)
    utc = np.atleast_1d(as_utc(times))
    if from_frame == to_frame:
        return np.broadcast_to(np.eye(3), (utc.size, 3, 3)).copy()
    if {from_frame, to_frame} == {"TEME", "ITRF"} and beyond == "refuse":
        matrix = teme_to_itrf(utc)
        return matrix if to_frame == "ITRF" else _transposed(matrix)
    if from_frame == "GCRF":
        return _from_gcrf(to_frame, utc, beyond, orientation)
    back = _transposed(_from_gcrf(from_frame, utc, beyond, orientation))
    return back if to_frame == "GCRF" else np.asarray(_from_gcrf(to_frame, utc, beyond, orientation) @ back)


def places_km(targets: Iterable[str], centre: str, frame: str, times: npt.ArrayLike) -> list[Floats]:
    """Where bodies are from the centre of another, in axes of `frame`, km (t, 3) each, at UTC `times` (t,).

    By the default ephemeris, geometric: without light time. OutOfRangeError as `rotation`, and for a time
    that the ephemeris does not cover.
    """
    matrix, sky = rotation("GCRF", frame, times), ephemeris()
    return [np.einsum("tij,tj->ti", matrix, sky.position_km(name, times, centre)) for name in targets]


def _from_gcrf(frame: str, utc: Times, beyond: Beyond, orientation: str) -> Floats:
    if frame == "MOON_PA":
        return librations(orientation).principal_axes_tdb(tdb_s(utc))
    if frame == "MOON_ME":
        return librations(orientation).mean_earth_axes_tdb(tdb_s(utc))
    to_itrf = gcrf_to_itrf(utc, beyond)
    return to_itrf if frame == "ITRF" else np.asarray(_transposed(teme_to_itrf(utc)) @ to_itrf)


def _transposed(matrix: Floats) -> Floats:
    return np.ascontiguousarray(np.swapaxes(matrix, 1, 2))


def notes(times: npt.ArrayLike, frames: tuple[str, ...] = ("ITRF",)) -> tuple[str, ...]:
    """Sentences for the report of what `times` assume that nobody can know yet."""
    found = [leap_second_note(times)]
    if any(CENTRE.get(frame) == "Earth" for frame in frames):
        found.append(hold_note(times))
    return tuple(note for note in found if note)


def inputs(
    source: Ephemeris | None = None, frames: Iterable[str] = (), orientation: str = "DE421"
) -> dict[str, str]:
    """What positions and frames were read from, name to identity (package, version, SHA-256), for the inputs
    of a run's provenance: Earth orientation always (leap seconds), the ephemeris, and librations if used."""
    found = {"earth_orientation": eop_version()}
    kernels = list(source.manifest()) if source is not None else []
    if any(CENTRE.get(frame) == "Moon" for frame in frames):
        kernels.append(librations(orientation).kernel)
    return found | {kernel.name: kernel.identity for kernel in kernels}


def body_frame(frame: str | None, body: str, what: str = "position") -> str:
    """`frame` where it is one of a body's own; ScenarioError where it is left out or another's.

    For the Earth, whose only one is ITRF, it may be left out. `what` says whose frame it is.
    """
    allowed = FIXED[body]
    if frame is None and len(allowed) == 1:
        return allowed[0]
    if frame in allowed:
        return frame
    if frame is None:
        raise ScenarioError(
            f"the frame of this {what} on the {body} is not named",
            hint=f"add frame: {' or frame: '.join(allowed)}; maps and landing sites are in MOON_ME, gravity "
            "fields in MOON_PA, and they differ by up to 875 m on the ground",
        )
    near = get_close_matches(str(frame).upper(), allowed, n=1, cutoff=0.5)
    raise ScenarioError(
        f"frame {frame} is none that is fixed to the {body}",
        hint=f"did you mean {near[0]}?" if near else f"allowed: {', '.join(allowed)}",
    )


def _check_name(name: str) -> None:
    if name not in CENTRE:
        near = get_close_matches(str(name).upper(), CENTRE, n=1, cutoff=0.5)
        meant = f" (did you mean {near[0]}?)" if near else ""
        raise OutOfRangeError("frame", f"{name!r}{meant}", ", ".join(CENTRE), "raabta.base.rotations")
