"""The pull of a body's spherical harmonics by Pines' sums, at eight places at once.

Pines, "Uniform representation of the gravitational potential and its derivatives", AIAA Journal 11 (1973),
doi:10.2514/3.50619; fully normalised as in Lundberg & Schutz (1988), doi:10.2514/3.20329. Nothing is singular
at the poles. Places stand in lanes: a coefficient is read once for eight of them.

With s, t, u the direction, rho = R/r and A the derived Legendre functions, A_n,m = k_n,m D_n,m where k makes
D_n+1 = g rho u D_n - rho^2 D_n-1. A table's row of one degree and order holds g, and k times m C, m S, C and
S of the order before times dA/du, (n + 1) C, (n + 1) S.
"""

from __future__ import annotations

from typing import Any

from numba import njit

from raabta.base.lane_kernels import fma, mul, ratio, root, spread, sub, take

ROW = 8
"""Of one degree and order: g, m C, m S, cu, su, (n + 1) C, (n + 1) S, none."""
inner: Any = njit(cache=True, nogil=True, error_model="numpy", forceinline=True, _nrt=False)


@inner
def harmonics(table, top, degree, radius_km, gm, x, y, z):
    """Acceleration km/s2 of degrees 2 to `degree` at body-fixed places, km, in lanes.

    table: rows of `gravity_fields.table`, flat, of a field to degree `top`.
    """
    inverse = ratio(spread(1.0), root(fma(x, x, fma(y, y, mul(z, z)))))
    s, t, u = mul(x, inverse), mul(y, inverse), mul(z, inverse)
    rho = mul(spread(radius_km), inverse)
    rho_s, rho_t, rho_u = mul(rho, s), mul(rho, t), mul(rho, u)
    minus_2, minus_t = sub(spread(0.0), mul(rho, rho)), sub(spread(0.0), rho_t)
    re, im = spread(1.0), spread(0.0)
    re_before, im_before = re, im
    zero = spread(0.0)
    ax, ay, az, radial = zero, zero, zero, zero
    at = 0
    for m in range(degree + 1):
        here, before = spread(1.0), zero
        pc, ps, qc, qs, rc, rs = zero, zero, zero, zero, zero, zero
        for k in range(at, at + (degree - m + 1) * ROW, ROW):
            pc, ps = fma(here, take(table, k + 1), pc), fma(here, take(table, k + 2), ps)
            qc, qs = fma(here, take(table, k + 3), qc), fma(here, take(table, k + 4), qs)
            rc, rs = fma(here, take(table, k + 5), rc), fma(here, take(table, k + 6), rs)
            bent = mul(minus_2, before)
            before = here
            here = fma(mul(rho_u, take(table, k)), here, bent)
        ax = fma(pc, re_before, fma(ps, im_before, ax))
        ay = fma(ps, re_before, sub(ay, mul(pc, im_before)))
        az = fma(qc, re_before, fma(qs, im_before, az))
        radial = fma(rc, re, fma(rs, im, radial))
        re_before, im_before = re, im
        re, im = fma(re, rho_s, mul(im, minus_t)), fma(re, rho_t, mul(im, rho_s))
        at += (top - m + 1) * ROW
    ax, ay, az = mul(ax, rho), mul(ay, rho), mul(az, rho)
    inwards = sub(zero, fma(s, ax, fma(t, ay, fma(u, az, radial))))
    scale = mul(spread(gm), mul(inverse, inverse))
    return (
        mul(scale, fma(inwards, s, ax)),
        mul(scale, fma(inwards, t, ay)),
        mul(scale, fma(inwards, u, az)),
    )
