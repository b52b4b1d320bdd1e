"""The pull of a body's spherical harmonics by Pines' sums, eight orders at a time.

Pines, "Uniform representation of the gravitational potential and its derivatives", AIAA Journal 11 (1973),
doi:10.2514/3.50619; fully normalised as in Lundberg & Schutz (1988), doi:10.2514/3.20329. Nothing is singular
at the poles. Orders stand in lanes and degrees follow one another, so sums never leave the registers.

With s, t, u the direction, rho = R/r and A the derived Legendre functions, rows of a field's table hold what
takes A_n-1 and A_n-2 to A_n (`g`, `h`), C and S, and C and S of the order before times dA/du (`cu`, `su`).
An order above the degree carries rho^n, so that its first function, a constant, needs no branch.
"""

from __future__ import annotations

import math

from numba import njit

from raabta.base.lane_kernels import COUNT, add, fma, load, mul, pack, spread, total

ROW = 6 * COUNT
"""Of one degree and eight orders: g, -h, C, S, cu, su."""
ROOT_3 = math.sqrt(3.0)
_FAST = {"contract", "nsz"}
inner = njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST, forceinline=True, _nrt=False)


@inner
def _turned(re, im, by_re, by_im):
    """Complex numbers in lanes times one."""
    return (
        fma(re, spread(by_re), mul(im, spread(-by_im))),
        fma(re, spread(by_im), mul(im, spread(by_re))),
    )


@inner
def harmonics(table, rows, orders, degree, radius_km, gm, x, y, z):
    """Acceleration km/s2 of degrees 2 to `degree` at a body-fixed place, km.

    table: rows of `gravity_fields.table`, flat, `rows` degrees for each eight orders; orders (blocks * 8,):
    the numbers 0, 1, 2 ... as floats.
    """
    inverse = 1.0 / math.sqrt(x * x + y * y + z * z)
    s, t, u = x * inverse, y * inverse, z * inverse
    rho = radius_km * inverse
    r2, i2 = s * s - t * t, 2.0 * s * t
    r3, i3 = r2 * s - i2 * t, r2 * t + i2 * s
    r4, i4 = r2 * r2 - i2 * i2, 2.0 * r2 * i2
    r5, i5 = r4 * s - i4 * t, r4 * t + i4 * s
    r6, i6 = r4 * r2 - i4 * i2, r4 * i2 + i4 * r2
    r7, i7 = r4 * r3 - i4 * i3, r4 * i3 + i4 * r3
    re, im = pack(1.0, s, r2, r3, r4, r5, r6, r7), pack(0.0, t, i2, i3, i4, i5, i6, i7)
    re_before, im_before = pack(0.0, 1.0, s, r2, r3, r4, r5, r6), pack(0.0, 0.0, t, i2, i3, i4, i5, i6)
    r8, i8 = r4 * r4 - i4 * i4, 2.0 * r4 * i4
    zero = spread(0.0)
    ax, ay, az, radial = zero, zero, zero, zero
    rho_u, rho_2 = spread(rho * u), spread(rho * rho)
    before_1, before_2 = 1.0 / rho, 1.0 / (rho * rho)
    rho_4 = rho * rho * rho * rho
    rho_8 = rho_4 * rho_4
    for block in range(degree // COUNT + 1):
        first = block * COUNT
        a1, a2 = spread(before_1), spread(before_2)
        if block == 0:  # degrees 0 and 1 are known
            first = 2
            a1, a2 = mul(spread(rho), pack(ROOT_3 * u, ROOT_3, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0)), spread(1.0)
        pc, ps, qc, qs, rc, rs = zero, zero, zero, zero, zero, zero
        at = (block * rows + first) * ROW
        for n in range(first, degree + 1):
            a = fma(mul(load(table, at), rho_u), a1, mul(mul(load(table, at + COUNT), rho_2), a2))
            a2 = a1
            a1 = a
            ac, as_ = mul(a, load(table, at + 2 * COUNT)), mul(a, load(table, at + 3 * COUNT))
            qc = fma(a, load(table, at + 4 * COUNT), qc)
            qs = fma(a, load(table, at + 5 * COUNT), qs)
            weight = spread(n + 1.0)
            pc, ps = add(pc, ac), add(ps, as_)
            rc, rs = fma(weight, ac, rc), fma(weight, as_, rs)
            at += ROW
        m = load(orders, block * COUNT)
        pc, ps = mul(pc, m), mul(ps, m)
        ax = fma(pc, re_before, fma(ps, im_before, ax))
        ay = fma(ps, re_before, fma(mul(pc, spread(-1.0)), im_before, ay))
        az = fma(qc, re_before, fma(qs, im_before, az))
        radial = fma(rc, re, fma(rs, im, radial))
        re_before, im_before = _turned(re, im, r7, i7)
        re, im = _turned(re, im, r8, i8)
        before_1 *= rho_8
        before_2 *= rho_8
    a1x, a2y, a3z = total(ax), total(ay), total(az)
    inwards = -total(radial) - (s * a1x + t * a2y + u * a3z)
    scale = gm * inverse * inverse
    return (
        scale * (a1x + inwards * s),
        scale * (a2y + inwards * t),
        scale * (a3z + inwards * u),
    )
