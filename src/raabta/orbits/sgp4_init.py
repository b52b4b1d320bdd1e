"""SGP4 initialisation for near-earth satellites, all at once (the kernel's table of constants).

Equations: `initl` and `sgp4init` of Vallado et al., AIAA 2006-6753, near-earth part, WGS 72,
opsmode improved.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from raabta.base.bodies import WGS72

Floats = npt.NDArray[np.float64]

DEEP_SPACE_MINUTES = 225.0
J3_OVER_J2 = WGS72.j3 / WGS72.j2


def kozai_correction_ratio(
    mean_motion_kozai: npt.ArrayLike, eccentricity: npt.ArrayLike, cos_inclination: npt.ArrayLike
) -> Floats:
    """delta with n_brouwer = n_kozai / (1 + delta); rad/min (Spacetrack Report 3, section 6)."""
    beta2 = 1.0 - np.square(eccentricity)
    d1 = 0.75 * WGS72.j2 * (3.0 * np.square(cos_inclination) - 1.0) / (np.sqrt(beta2) * beta2)
    ak = (WGS72.xke / np.asarray(mean_motion_kozai)) ** (2.0 / 3.0)
    delta = d1 / (ak * ak)
    adel = ak * (1.0 - delta * delta - delta * (1.0 / 3.0 + 134.0 * delta * delta / 81.0))
    return np.asarray(d1 / (adel * adel), np.float64)


def brouwer_mean_motion(
    mean_motion_kozai: npt.ArrayLike, eccentricity: npt.ArrayLike, inclination_rad: npt.ArrayLike
) -> Floats:
    """Brouwer mean motion (rad/min) from the Kozai mean motion that element sets carry."""
    delta = kozai_correction_ratio(mean_motion_kozai, eccentricity, np.cos(inclination_rad))
    return np.asarray(np.asarray(mean_motion_kozai) / (1.0 + delta), np.float64)


def kozai_mean_motion(
    semi_major_axis_km: npt.ArrayLike, eccentricity: npt.ArrayLike, inclination_rad: npt.ArrayLike
) -> Floats:
    """Kozai mean motion (rad/min) whose Brouwer mean semi-major axis is the one given; to 1e-15."""
    brouwer = WGS72.xke * (WGS72.radius_km / np.asarray(semi_major_axis_km, np.float64)) ** 1.5
    cosine = np.cos(inclination_rad)
    kozai = brouwer
    for _ in range(8):
        kozai = brouwer * (1.0 + kozai_correction_ratio(kozai, eccentricity, cosine))
    return np.asarray(kozai, np.float64)


def period_minutes(
    mean_motion_kozai: npt.ArrayLike, eccentricity: npt.ArrayLike, inclination_rad: npt.ArrayLike
) -> Floats:
    """Orbit period in minutes; SGP4 takes 225 and above for deep space."""
    return 2.0 * np.pi / brouwer_mean_motion(mean_motion_kozai, eccentricity, inclination_rad)


def near_earth_constants(
    inclination: Floats,
    raan: Floats,
    eccentricity: Floats,
    argp: Floats,
    anomaly: Floats,
    motion: Floats,
    bstar: Floats,
) -> Floats:
    """Table of constants (kernels.CONSTANTS, n) from mean elements (n,): rad, rad/min, 1/radii."""
    from raabta.orbits import kernels as k

    out = np.zeros((k.CONSTANTS, motion.size))
    no = brouwer_mean_motion(motion, eccentricity, inclination)
    ao = (WGS72.xke / no) ** (2.0 / 3.0)
    for row, value in ((k.MO, anomaly), (k.ARGPO, argp), (k.NODEO, raan), (k.ECCO, eccentricity), (k.NO, no)):
        out[row] = value
    out[k.AO] = ao
    _gravity(out, inclination, eccentricity, no, ao)
    _drag(out, eccentricity, argp, anomaly, bstar, no, ao)
    return out


def _gravity(out: Floats, inclination: Floats, e: Floats, no: Floats, ao: Floats) -> None:
    """Geometry, secular rates of J2 and J4, long-period coefficients of J3."""
    from raabta.orbits import kernels as k

    sine, cosine = np.sin(inclination), np.cos(inclination)
    c2 = cosine * cosine
    c4 = c2 * c2
    beta2 = 1.0 - e * e
    pinv2 = 1.0 / (ao * beta2) ** 2
    temp1 = 1.5 * WGS72.j2 * pinv2 * no
    temp2 = 0.5 * temp1 * WGS72.j2 * pinv2
    temp3 = -0.46875 * WGS72.j4 * pinv2 * pinv2 * no
    con41 = 3.0 * c2 - 1.0
    out[k.SINIO], out[k.COSIO] = sine, cosine
    out[k.CON41], out[k.X1MTH2], out[k.X7THM1] = con41, 1.0 - c2, 7.0 * c2 - 1.0
    root = np.sqrt(beta2)
    out[k.MDOT] = no + 0.5 * temp1 * root * con41 + 0.0625 * temp2 * root * (13.0 - 78.0 * c2 + 137.0 * c4)
    out[k.ARGPDOT] = (
        -0.5 * temp1 * (1.0 - 5.0 * c2)
        + 0.0625 * temp2 * (7.0 - 114.0 * c2 + 395.0 * c4)
        + temp3 * (3.0 - 36.0 * c2 + 49.0 * c4)
    )
    out[k.NODEDOT] = (
        -temp1 * cosine + (0.5 * temp2 * (4.0 - 19.0 * c2) + 2.0 * temp3 * (3.0 - 7.0 * c2)) * cosine
    )
    divisor = np.where(np.abs(cosine + 1.0) > 1.5e-12, 1.0 + cosine, 1.5e-12)
    out[k.XLCOF] = -0.25 * J3_OVER_J2 * sine * (3.0 + 5.0 * cosine) / divisor
    out[k.AYCOF] = -0.5 * J3_OVER_J2 * sine


def _drag(
    out: Floats, e: Floats, argp: Floats, anomaly: Floats, bstar: Floats, no: Floats, ao: Floats
) -> None:
    """Drag coefficients; those that SGP4 drops below a perigee of 220 km are left at zero."""
    from raabta.orbits import kernels as k

    perigee_km = (ao * (1.0 - e) - 1.0) * WGS72.radius_km
    s, qoms4 = _atmosphere(perigee_km)
    beta2 = 1.0 - e * e
    tsi = 1.0 / (ao - s)
    eta = ao * e * tsi
    eta2, eeta = eta * eta, e * eta
    psi2 = np.abs(1.0 - eta2)
    coef = qoms4 * tsi**4
    coef1 = coef / psi2**3.5
    con41, x1mth2 = out[k.CON41], out[k.X1MTH2]
    cc2 = (
        coef1
        * no
        * (
            ao * (1.0 + 1.5 * eta2 + eeta * (4.0 + eta2))
            + 0.375 * WGS72.j2 * tsi / psi2 * con41 * (8.0 + 3.0 * eta2 * (8.0 + eta2))
        )
    )
    cc1 = bstar * cc2
    shape = -3.0 * con41 * (1.0 - 2.0 * eeta + eta2 * (1.5 - 0.5 * eeta))
    shape = shape + 0.75 * x1mth2 * (2.0 * eta2 - eeta * (1.0 + eta2)) * np.cos(2.0 * argp)
    pull = eta * (2.0 + 0.5 * eta2) + e * (0.5 + 2.0 * eta2) - WGS72.j2 * tsi / (ao * psi2) * shape
    out[k.CC1], out[k.ETA], out[k.T2COF] = cc1, eta, 1.5 * cc1
    out[k.BCC4] = bstar * 2.0 * no * coef1 * ao * beta2 * pull
    out[k.NODECF] = 3.5 * beta2 * cc1 * (-1.5 * WGS72.j2 / (ao * beta2) ** 2 * no * out[k.COSIO])
    out[k.DELMO], out[k.SINMAO] = (1.0 + eta * np.cos(anomaly)) ** 3, np.sin(anomaly)
    full = perigee_km >= 220.0
    _full_drag(out, full, cc1, tsi, ao, s)
    bcc5 = bstar * 2.0 * coef1 * ao * beta2 * (1.0 + 2.75 * (eta2 + eeta) + eeta * eta2)
    out[k.BCC5] = np.where(full, bcc5, 0.0)
    lean = full & (e > 1.0e-4)
    safe_e, safe_eeta = np.where(lean, e, 1.0), np.where(lean, eeta, 1.0)
    cc3 = -2.0 * coef * tsi * J3_OVER_J2 * no * out[k.SINIO] / safe_e
    out[k.OMGCOF] = np.where(lean, bstar * cc3 * np.cos(argp), 0.0)
    out[k.XMCOF] = np.where(lean, -2.0 / 3.0 * coef * bstar / safe_eeta, 0.0)


def _atmosphere(perigee_km: Floats) -> tuple[Floats, Floats]:
    """The density function's s (earth radii) and (q0 - s)^4, lowered for perigees below 156 and 98 km."""
    s_km = np.where(perigee_km < 156.0, np.where(perigee_km < 98.0, 20.0, perigee_km - 78.0), 78.0)
    return s_km / WGS72.radius_km + 1.0, ((120.0 - s_km) / WGS72.radius_km) ** 4


def _full_drag(
    out: Floats, full: npt.NDArray[np.bool_], cc1: Floats, tsi: Floats, ao: Floats, s: Floats
) -> None:
    """The drag series in t^3 to t^5, for perigees from 220 km on."""
    from raabta.orbits import kernels as k

    d2 = 4.0 * ao * tsi * cc1 * cc1
    temp = d2 * tsi * cc1 / 3.0
    d3 = (17.0 * ao + s) * temp
    d4 = 0.5 * temp * ao * tsi * (221.0 * ao + 31.0 * s) * cc1
    t4 = 0.25 * (3.0 * d3 + cc1 * (12.0 * d2 + 10.0 * cc1 * cc1))
    t5 = 0.2 * (3.0 * d4 + 12.0 * cc1 * d3 + 6.0 * d2 * d2 + 15.0 * cc1 * cc1 * (2.0 * d2 + cc1 * cc1))
    rows = ((k.D2, d2), (k.D3, d3), (k.D4, d4), (k.T3COF, d2 + 2.0 * cc1 * cc1), (k.T4COF, t4), (k.T5COF, t5))
    for row, value in rows:
        out[row] = np.where(full, value, 0.0)
