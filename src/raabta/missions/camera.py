"""Where cameras of a mission point, and when they can see the places that they look for.

Asked as access asks: a camera is a site whose sky holds the targets. In its own axes (along the track,
across it, boresight) targets move, and each side of its view, or the cone that it may be turned in, is a
mask. What a target asks of the camera and of the Sun are masks on the ground. So windows have the edges of
`access.passes` and are met by `access.intervals`. Everything is of one instant: light takes 0.03 s over
9,000 km.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from raabta.access import intervals
from raabta.access.pass_cuts import some
from raabta.access.passes import Passes, find_passes
from raabta.access.sky import BODIES
from raabta.base.clock import as_utc
from raabta.base.frames import enu_basis, geodetic_to_fixed
from raabta.base.rotations import rotation
from raabta.missions.model import Ground

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from raabta.missions.model import Day, Mission
    from raabta.scenario.cameras import Camera

    Floats = NDArray[np.float64]

MOON = BODIES["Moon"]
CAMERA, TARGET, LIT, BEGIN, END = range(5)
COLUMNS = 5
"""Of a window: camera, target, whether the target must be lit in it (0 or 1), begin and end, s."""
HALF_S = 0.5
"""Half the time over which a direction of flight is taken."""
STAND = np.array([0.0, 0.0, 1.0])
"""Where a camera stands in its own axes, km: a site has a place, and none is at the centre of its body."""


@dataclass(frozen=True)
class _Sky:
    """The targets as a camera sees them, in its own axes: what `access.passes` takes for a fleet."""

    mission: Mission
    camera: Camera

    @property
    def count(self) -> int:
        """How many targets."""
        return len(self.mission.scenario.targets)

    def positions_km(self, times: ArrayLike) -> Floats:
        """Places (t, 3, n) km."""
        at = np.atleast_1d(as_utc(times))
        place, front = flight(self.mission, self.camera, at)
        offset = targets_km(self.mission)[None] - place[:, None]
        seen = np.einsum("tij,tnj->tin", axes_of(self.camera, place, front), offset)
        return np.ascontiguousarray(seen + STAND[:, None])


def targets_km(mission: Mission) -> Floats:
    """Places (n, 3) of the targets of a mission, MOON_ME."""
    found = []
    for one in mission.scenario.targets:
        where = np.array([[one.latitude_deg], [one.longitude_deg], [one.height_m / 1e3]])
        place = geodetic_to_fixed(where[0], where[1], where[2], MOON)[0]
        found.append(rotation(one.frame, MOON.frame, mission.start)[0] @ place)
    return np.array(found).reshape(-1, 3)


def flight(mission: Mission, camera: Camera, times: ArrayLike) -> tuple[Floats, Floats]:
    """Place (t, 3) km of a camera's craft in MOON_ME, and where it flies along the ground, a unit vector."""
    at, half = np.atleast_1d(as_utc(times)), np.timedelta64(round(HALF_S * 1e9), "ns")
    craft = mission.nodes.named(camera.craft)
    before, place, after = (
        mission.positions_km(craft, when, MOON.frame)[:, :, 0] for when in (at - half, at, at + half)
    )
    up = place / np.linalg.norm(place, axis=1)[:, None]
    step = after - before
    front = step - (step * up).sum(axis=1)[:, None] * up
    return place, front / np.linalg.norm(front, axis=1)[:, None]


def axes_of(camera: Camera, place: Floats, front: Floats) -> Floats:
    """Axes (t, 3, 3) of a camera that is not turned to a target, rows along, across, boresight, MOON_ME.

    At the limb the boresight touches the sphere ahead; pointing at targets it is that of nadir.
    """
    far = np.linalg.norm(place, axis=1)[:, None]
    down = -place / far
    sine = MOON.mean_radius_km / far if camera.pointing == "limb" else np.zeros_like(far)
    cosine = np.sqrt(1.0 - sine**2)
    boresight, along = cosine * down + sine * front, cosine * front - sine * down
    return np.stack([along, np.cross(boresight, along), boresight], axis=1)


def turned_to(place: Floats, front: Floats, target: Floats) -> Floats:
    """Axes (t, 3, 3) of a camera whose boresight goes to a target (t, 3), its first axis along the track."""
    boresight = target - place
    boresight /= np.linalg.norm(boresight, axis=1)[:, None]
    along = front - (front * boresight).sum(axis=1)[:, None] * boresight
    along /= np.linalg.norm(along, axis=1)[:, None]
    return np.stack([along, np.cross(boresight, along), boresight], axis=1)


def windows_of(mission: Mission, day: Day) -> Floats:
    """When targets are in view in a day, rows of COLUMNS, and when they are lit besides; cut at its ends."""
    parts = [np.empty((0, COLUMNS))]
    for number, camera in enumerate(mission.scenario.cameras):
        view = _in_view(mission, camera, day)
        lit = intervals.both(view, _over(mission, mission.sun, camera.sun_elevation_min_deg, day))
        for state, found in ((0.0, view), (1.0, lit)):
            end = np.where(found.set_s >= day.duration_s, day.end_s, day.begin_s + found.set_s)
            same = np.full(len(found), number), found.site, np.full(len(found), state)
            parts.append(np.column_stack([*same, day.begin_s + found.rise_s, end]))
    return np.concatenate(parts)


def _in_view(mission: Mission, camera: Camera, day: Day) -> Passes:
    """When targets are within what a camera sees, or may turn to, and not too slant; site: the target."""
    craft = int(mission.nodes.named(camera.craft)[0])
    found = _over(mission, craft, 90.0 - camera.emission_max_deg, day)
    ground = sides_of(camera)
    seen = find_passes(ground, _Sky(mission, camera), mission.at(day.begin_s), day.duration_s)
    for side in range(len(ground.km)):
        own = some(seen, seen.site == side)
        turned = replace(own, site=own.satellite, satellite=np.zeros_like(own.site))
        found = intervals.both(found, turned)
    return found


def sides_of(camera: Camera) -> Ground:
    """What bounds the view in a camera's axes, as sites with a mask: the cone about nadir that it may be
    turned in, or the four sides of its field of view."""
    if camera.pointing == "target":
        mask = math.cos(math.radians(camera.off_nadir_max_deg))
        return Ground(STAND[None], np.eye(3)[None], np.full((1, 1), mask))
    basis = []
    for axis, view_deg in ((0, camera.along_deg), (1, camera.across_deg)):
        half_rad = math.radians(0.5 * view_deg)
        for sign in (1.0, -1.0):
            up = np.zeros(3)
            up[axis], up[2] = sign * math.cos(half_rad), math.sin(half_rad)
            east = np.eye(3)[1 - axis]
            basis.append([east, np.cross(up, east), up])
    return Ground(np.tile(STAND, (4, 1)), np.array(basis), np.zeros((4, 1)))


def _over(mission: Mission, node: int, mask_deg: float, day: Day) -> Passes:
    """When a node stands above a mask at each target, over the sphere that the target stands on."""
    place = targets_km(mission)
    up = place / np.linalg.norm(place, axis=1)[:, None]
    basis = enu_basis(np.degrees(np.arcsin(up[:, 2])), np.degrees(np.arctan2(up[:, 1], up[:, 0])))
    ground = Ground(place, basis, np.full((len(place), 1), math.sin(math.radians(mask_deg))))
    fleet = mission.fleet(np.array([node]), MOON.frame)
    return find_passes(ground, fleet, mission.at(day.begin_s), day.duration_s)
