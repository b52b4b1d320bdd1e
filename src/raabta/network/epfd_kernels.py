"""Numeric core of EPFD down: every satellite above a victim's horizon, its beams, the victim's antennas.

Plain arrays, radians, km; powers are linear. Beams are where a satellite may light the ground (its least
elevation, its scan limit, the rule of the geostationary arc), nearest to the victim as the satellite sees it.
"""

from __future__ import annotations

import math

import numpy as np

from raabta.access.kernels import clears_arc, inner, kernel
from raabta.links.kernels import flux_cap_dbw_m2

AZIMUTHS = 16
COARSE_RAD = math.radians(1.0)
COARSER_RATIO = 0.15
HALVINGS = 6
"""Rays about the victim on which ground that may be lit is sought, their step, what it grows by, and how
often it is halved."""
FOUR_PI = 4.0 * math.pi


@inner
def looked_up(table, step, value):
    """Linear interpolation in a table from 0 in equal steps; its last entry beyond."""
    x = value / step
    i = int(x)
    if i >= table.shape[0] - 1:
        return table[table.shape[0] - 1]
    return table[i] + (x - i) * (table[i + 1] - table[i])


@inner
def density_ratio(range_km, altitude_km, cos_scan, ground_km, radio, flux_cap):
    """EIRP density of a beam at ground of a radius, linear. radio: nadir density, ceiling of the raised one
    (dBW in the reference bandwidth), exponent of the scan loss, distance of the next cell (km), reference
    bandwidth (dB over 1 MHz); flux_cap: see `links.kernels.flux_cap_dbw_m2`."""
    raised = max(0.0, min(radio[1] - radio[0], 20.0 * math.log10(range_km / altitude_km)))
    scan = 10.0 * radio[2] * math.log10(max(cos_scan, 1e-3))
    sin_elevation = ((altitude_km + ground_km) * cos_scan - range_km) / ground_km
    spreading = 10.0 * math.log10(FOUR_PI * 1e6 * range_km * range_km)
    capped = flux_cap_dbw_m2(sin_elevation, flux_cap) + radio[4] + spreading
    return 10.0 ** (0.1 * min(radio[0] + raised + scan, capped))


@inner
def may_light(x, y, z, sx, sy, sz, rule, table, first_deg, step_deg):
    """(range km, cosine of the scan angle) if a satellite may light the point, else (-1, 0). The vertical is
    from the Earth's centre. rule: sine of the least elevation, cosine of the scan limit, separation from the
    arc (rad, 0 for none)."""
    radius = math.sqrt(x * x + y * y + z * z)
    dx, dy, dz = sx - x, sy - y, sz - z
    d = math.sqrt(dx * dx + dy * dy + dz * dz)
    dx, dy, dz = dx / d, dy / d, dz / d
    u = (dx * x + dy * y + dz * z) / radius
    cos_scan = (dx * sx + dy * sy + dz * sz) / math.sqrt(sx * sx + sy * sy + sz * sz)
    if u < rule[0] or cos_scan < rule[1]:
        return -1.0, 0.0
    if rule[2] > 0.0:
        across = math.sqrt(x * x + y * y)
        sin_lat, cos_lat = z / radius, across / radius
        e = (dy * x - dx * y) / max(across, 1e-9)
        n = (dz - u * sin_lat) / max(cos_lat, 1e-9)
        row = (math.degrees(math.asin(sin_lat)) - first_deg) / step_deg
        row = min(max(row, 0.0), table.shape[0] - 1.001)
        if not clears_arc(table, row, rule[2], 0.0, sin_lat, cos_lat, across, z, e, n, u):
            return -1.0, 0.0
    return d, cos_scan


@inner
def _ground(sx, sy, sz, dx, dy, dz, radius):
    """Distance from a satellite along a direction to the sphere; -1 where it misses."""
    along = -(sx * dx + sy * dy + sz * dz)
    room = radius * radius - (sx * sx + sy * sy + sz * sz - along * along)
    return along - math.sqrt(room) if room >= 0.0 else -1.0


@kernel
def nearest_beam(site, satellite, start, rule, table, first_deg, step_deg, out):
    """Least angle (rad) at a satellite from a site to ground that it may light, with the range (km) and the
    cosine of the scan angle there: out (3,). Pi where the rays find none. Rays every 22.5 deg, from `start`
    (rad) on; nothing nearer may be lit."""
    sx, sy, sz = satellite[0], satellite[1], satellite[2]
    radius = math.sqrt(site[0] ** 2 + site[1] ** 2 + site[2] ** 2)
    vx, vy, vz = site[0] - sx, site[1] - sy, site[2] - sz
    d = math.sqrt(vx * vx + vy * vy + vz * vz)
    vx, vy, vz = vx / d, vy / d, vz / d
    # two axes across the direction to the site
    if abs(vz) < 0.9:
        ax, ay, az = vy, -vx, 0.0
    else:
        ax, ay, az = 0.0, vz, -vy
    r = math.sqrt(ax * ax + ay * ay + az * az)
    ax, ay, az = ax / r, ay / r, az / r
    bx, by, bz = vy * az - vz * ay, vz * ax - vx * az, vx * ay - vy * ax
    out[0], out[1], out[2] = math.pi, d, 1.0
    for i in range(AZIMUTHS):
        turn = 2.0 * math.pi * i / AZIMUTHS
        ca, sa = math.cos(turn), math.sin(turn)
        cx, cy, cz = ca * ax + sa * bx, ca * ay + sa * by, ca * az + sa * bz
        angle, low, halvings = start + COARSE_RAD, start, -1
        while angle < out[0] and halvings < HALVINGS:
            c, s = math.cos(angle), math.sin(angle)
            tx, ty, tz = c * vx + s * cx, c * vy + s * cy, c * vz + s * cz
            reach = _ground(sx, sy, sz, tx, ty, tz, radius)
            if reach < 0.0:
                break
            far, cos_scan = may_light(
                sx + reach * tx,
                sy + reach * ty,
                sz + reach * tz,
                sx,
                sy,
                sz,
                rule,
                table,
                first_deg,
                step_deg,
            )
            if far > 0.0:
                high, halvings = angle, max(halvings, 0)
                best, best_far, best_scan = angle, far, cos_scan
            elif halvings < 0:
                low = angle
                angle += max(COARSE_RAD, COARSER_RATIO * angle)
                continue
            else:
                low = angle
            halvings += 1
            angle = 0.5 * (low + high)
        if halvings >= 0 and best < out[0]:
            out[0], out[1], out[2] = best, best_far, best_scan


@inner
def edge_angle(cos_nadir, satellite_radius, site_radius, rule):
    """Angle (rad) at the satellite from a site to where it stands high enough and within its scan: nothing
    nearer may be lit. 0 where the site is so itself."""
    sine = min(site_radius * math.sqrt(1.0 - rule[0] * rule[0]) / satellite_radius, 1.0)
    edge = math.acos(max(math.sqrt(1.0 - sine * sine), rule[1]))
    return max(math.acos(min(1.0, cos_nadir)) - edge, 0.0)


@inner
def _towards_nadir(sx, sy, sz, dx, dy, dz, off, site_radius, rule, table, first_deg, step_deg):
    """`may_light` for the ground `off` rad nearer to the nadir than the site with the satellite along d."""
    radius = math.sqrt(sx * sx + sy * sy + sz * sz)
    nadir = math.acos(min(1.0, (dx * sx + dy * sy + dz * sz) / radius))
    to_site, to_nadir = math.sin(nadir - off) / math.sin(nadir), math.sin(off) / math.sin(nadir) / radius
    tx, ty, tz = -to_site * dx - to_nadir * sx, -to_site * dy - to_nadir * sy, -to_site * dz - to_nadir * sz
    reach = _ground(sx, sy, sz, tx, ty, tz, site_radius)
    if reach < 0.0:
        return -1.0, 0.0
    x, y, z = sx + reach * tx, sy + reach * ty, sz + reach * tz
    return may_light(x, y, z, sx, sy, sz, rule, table, first_deg, step_deg)


@kernel
def epfd(position_km, site, up, rule, arc, first_deg, step_deg, radio, flux_cap, lobes, gso, gains, out):
    """EPFD of every step, geostationary direction and antenna, linear W/m2: out (t, k, a).

    position_km (t, 3, n) ITRF; site (3,), up (3,); rule, radio, flux_cap: see `may_light`, `density_ratio`;
    arc, first_deg, step_deg: table of the arc by latitude.
    lobes: gain of a satellite's beams over the peak of one by angle, and step (rad) in lobes[0, 0]: row 1.
    gso (k, 3): unit directions; gains (a, m): antennas over their peak, by angle in equal steps to pi.

    The satellites that may light the site itself share the cells about it, one a cell: the nearest to the
    victim's axis lights the site, the next six the cells about it, and so on in rings. The others stand as
    near as they may.
    """
    steps, _, n = position_km.shape
    lobe_step = lobes[0, 0]
    site_radius = math.sqrt(site[0] ** 2 + site[1] ** 2 + site[2] ** 2)
    found, satellite, ray = np.empty(3), np.empty(3), np.empty((n, 3))
    power, tilt, near = np.empty(n), np.empty(n), np.empty(n, np.int64)
    for t in range(steps):
        serving, seen = 0, 0
        for s in range(n):
            sx, sy, sz = position_km[t, 0, s], position_km[t, 1, s], position_km[t, 2, s]
            dx, dy, dz = sx - site[0], sy - site[1], sz - site[2]
            above = dx * up[0] + dy * up[1] + dz * up[2]
            if not above > 0.0:
                continue
            d = math.sqrt(dx * dx + dy * dy + dz * dz)
            dx, dy, dz = dx / d, dy / d, dz / d
            radius = math.sqrt(sx * sx + sy * sy + sz * sz)
            cos_nadir = (dx * sx + dy * sy + dz * sz) / radius
            far, cos_scan = may_light(site[0], site[1], site[2], sx, sy, sz, rule, arc, first_deg, step_deg)
            lights, gain = far > 0.0, 1.0
            if lights:
                tilt[seen], near[serving] = radio[3] * above / (d * d), seen
                serving += 1
            else:
                off = edge_angle(cos_nadir, radius, site_radius, rule)
                if off > 0.0:
                    off += 1e-4
                    far, cos_scan = _towards_nadir(
                        sx, sy, sz, dx, dy, dz, off, site_radius, rule, arc, first_deg, step_deg
                    )
                if far < 0.0:
                    satellite[0], satellite[1], satellite[2] = sx, sy, sz
                    nearest_beam(site, satellite, off, rule, arc, first_deg, step_deg, found)
                    off, far, cos_scan = found[0], found[1], found[2]
                gain = looked_up(lobes[1], lobe_step, off)
                tilt[seen] = -1.0
            spread = 1.0 / (FOUR_PI * 1e6 * d * d)
            power[seen] = (
                spread
                * gain
                * density_ratio(far, radius - site_radius, cos_scan, site_radius, radio, flux_cap)
            )
            ray[seen, 0], ray[seen, 1], ray[seen, 2] = dx, dy, dz
            seen += 1
        _receive(ray[:seen], power[:seen], tilt[:seen], near[:serving], lobes, gso, gains, out[t])


@kernel
def _receive(ray, power, tilt, near, lobes, gso, gains, out):
    """Sum over satellites (n, 3) into every direction and antenna (k, a). power (n,): flux of a beam aimed at
    the site, or as it stands where tilt (n,) < 0; near: the satellites that share the cells about the site,
    tilt the tangent of the angle from one cell to the next."""
    n = ray.shape[0]
    gain_step, lobe_step = math.pi / (gains.shape[1] - 1), lobes[0, 0]
    phi = np.empty(n)
    for j in range(gso.shape[0]):
        for s in range(n):
            dot = ray[s, 0] * gso[j, 0] + ray[s, 1] * gso[j, 1] + ray[s, 2] * gso[j, 2]
            phi[s] = math.acos(min(1.0, max(-1.0, dot)))
            if tilt[s] < 0.0:
                for i in range(gains.shape[0]):
                    out[j, i] += power[s] * looked_up(gains[i], gain_step, phi[s])
        ring, room = 0, 1
        for place in np.argsort(phi[near]):
            s = near[place]
            if room == 0:
                ring += 1
                room = 6 * ring
            room -= 1
            flux = power[s] * looked_up(lobes[1], lobe_step, math.atan(ring * tilt[s]))
            for i in range(gains.shape[0]):
                out[j, i] += flux * looked_up(gains[i], gain_step, phi[s])


@kernel
def epfd_of_beams(satellite_km, start, beam, power, site, up, lobes, gso, gains, out):
    """EPFD of beams that are known, linear W/m2: adds to out (k, a).

    satellite_km (m, 3); beams start[s]..start[s + 1]-1 are its: beam (b, 3) unit vectors from the satellite,
    power (b,) EIRP density in the reference bandwidth, W. lobes, gso, gains as in `epfd`, of one beam.
    """
    gain_step, lobe_step = math.pi / (gains.shape[1] - 1), lobes[0, 0]
    for s in range(satellite_km.shape[0]):
        dx, dy, dz = satellite_km[s, 0] - site[0], satellite_km[s, 1] - site[1], satellite_km[s, 2] - site[2]
        if not dx * up[0] + dy * up[1] + dz * up[2] > 0.0:
            continue
        d = math.sqrt(dx * dx + dy * dy + dz * dz)
        dx, dy, dz = dx / d, dy / d, dz / d
        total = 0.0
        for b in range(start[s], start[s + 1]):
            dot = -(beam[b, 0] * dx + beam[b, 1] * dy + beam[b, 2] * dz)
            total += power[b] * looked_up(lobes[1], lobe_step, math.acos(min(1.0, max(-1.0, dot))))
        flux = total / (FOUR_PI * 1e6 * d * d)
        for j in range(gso.shape[0]):
            dot = dx * gso[j, 0] + dy * gso[j, 1] + dz * gso[j, 2]
            phi = math.acos(min(1.0, max(-1.0, dot)))
            for i in range(gains.shape[0]):
                out[j, i] += flux * looked_up(gains[i], gain_step, phi)
