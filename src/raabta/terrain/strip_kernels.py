"""Horizons of the sites of a tile: lines of sight swept along strips of the ground ahead.

On a gnomonic plane about the tile every great circle is straight. For one direction at a time the plane is
cut into parallel strips, a cell wide, and each strip into samples: the highest that ground can be that a line
of the strip crosses there, as a point of the strip's vertical plane, where a line of sight is straight too.
So a whole strip is held against a site's line by two products a sample; only where ground could rise above
what was found are the raster's cells looked at, along the site's own great circle, exactly.
"""

from __future__ import annotations

import math

import numpy as np

from raabta.terrain.sweep_kernels import BELOW, NOTHING, cells, inner, kernel, lean, on_map

BLOCK = 16
"""Samples held against a line at once; strips end in so many empty ones."""
NEAR = 3.0
"""Cells around a site that are always walked."""
RUN = 4
"""Samples walked at once."""
MARGIN = 2e-4
"""Share of its tangent (and of 0.1) by which a line of sight is lowered for the search: strips stand for
lines beside them, up to 0.02 % nearer or farther."""
NONE = -1e12


@lean
def highest_in(table, start, width, levels, rows, columns, row, column, tall, wide):
    """How high ground can be within `tall` rows and `wide` columns of a place of the map; BELOW off it."""
    if row + tall < 0.0 or column + wide < 0.0 or row - tall > rows - 1 or column - wide > columns - 1:
        return BELOW
    k, side = 0, 1.0
    while side < max(tall, wide) and k < levels - 1:
        k, side = k + 1, 2.0 * side
    across = width[k]
    down = (start[k + 1] - start[k]) // across
    i0, i1 = max(0, math.floor((row - tall) / side)), min(down - 1, math.floor((row + tall) / side))
    j0, j1 = max(0, math.floor((column - wide) / side)), min(across - 1, math.floor((column + wide) / side))
    most = np.float32(BELOW)
    for i in range(i0, i1 + 1):
        for j in range(j0, j1 + 1):
            most = max(most, table[start[k] + i * across + j])
    return float(most)


@lean
def build_strips(
    table, start, width, levels, rows, columns, scale, radius_m, zr, zi, c, d, q0, cell, strips, node,
    samples, spread, ends
):  # fmt: skip
    """Samples of the strips along c + i d: ends (4, strip x stride): x, y of the near end, x, y of the far.

    zr + i zi: the tile's middle on the map; q0: where strips begin, across; node (samples + 1,): between
    samples, along; spread: (samples of the map per unit of the plane, how fast lines leave their strip).
    """
    for k in range(strips):
        q, at = q0 + (k + 0.5) * cell, k * (samples + 2 * BLOCK)
        root = math.sqrt(1.0 + q * q)
        r1, c1 = place_of(zr, zi, node[0], q, c, d, scale)
        for j in range(samples):
            r2, c2 = place_of(zr, zi, node[j + 1], q, c, d, scale)
            dr, dc = abs(r2 - r1), abs(c2 - c1)
            size = node[j + 1] - node[j]
            aside = (
                (0.5 * cell + (node[j + 1] - node[0]) * spread[1]) * spread[0] / math.sqrt(dr * dr + dc * dc)
            )
            high = highest_in(
                table, start, width, levels, rows, columns, 0.5 * (r1 + r2), 0.5 * (c1 + c2),
                0.5 * dr + dc * aside, 0.5 * dc + dr * aside,
            )  # fmt: skip
            r1, c1 = r2, c2
            if high <= BELOW:
                ends[0, at + j], ends[1, at + j], ends[2, at + j], ends[3, at + j] = 0.0, NONE, 0.0, NONE
                continue
            high += 0.125 * size * size * radius_m  # the ground is bent between the ends
            ends[0, at + j], ends[1, at + j] = upright(node[j], root, high, radius_m)
            ends[2, at + j], ends[3, at + j] = upright(node[j + 1], root, high, radius_m)
        ends[0, at + samples : at + samples + 2 * BLOCK] = 0.0
        ends[1, at + samples : at + samples + 2 * BLOCK] = NONE
        ends[2, at + samples : at + samples + 2 * BLOCK] = 0.0
        ends[3, at + samples : at + samples + 2 * BLOCK] = NONE


@inner
def place_of(zr, zi, t, q, c, d, scale):
    """(row, column) of a place of the plane, `t` along c + i d and `q` across."""
    x, y = c * t - d * q, d * t + c * q
    share = 1.0 / (1.0 + math.sqrt(1.0 + x * x + y * y))
    return on_map(zr, zi, 1.0, x * share, y * share, scale)


@inner
def upright(t, root, height, radius_m):
    """(x, y) in a strip's vertical plane of ground `height` above the sphere; y from the sphere's top."""
    share = 1.0 / math.sqrt(root * root + t * t)
    sine, cosine = t * share, root * share
    return (radius_m + height) * sine, height * cosine - radius_m * sine * sine / (1.0 + cosine)


@inner
def half_tangent(u, root, foot):
    """s = tan(angle / 2) of a place `u` ahead on a line of the plane: root^2 = 1 + (its distance from the
    middle)^2, foot: how far the site is past the nearest point to the middle."""
    tangent = u * root / (root * root + (foot + u) * foot)
    return tangent / (1.0 + math.sqrt(1.0 + tangent * tangent))


@lean
def walk(z, scale, radius_m, real, imaginary, c, d, eye, s1, s2, best, place):
    """The higher of `best` and what a stretch of a line shows."""
    r1, c1 = on_map(real, imaginary, s1, c, d, scale)
    r2, c2 = on_map(real, imaginary, s2, c, d, scale)
    return cells(z, r1, c1, r2, c2, s1, s2, eye, radius_m, best, place)


@inner
def lowered(best):
    """The tangent that a strip is searched with."""
    return best - MARGIN * (abs(best) + 0.1)


@inner
def farthest(low, eye, highest, radius_m):
    """Beyond which arc, rad, and a tenth, no ground can rise above a line of sight of tangent `low`."""
    return 1.1 * (math.sqrt(max(0.0, low * low + 2.0 * (highest - eye) / radius_m)) - low)


@inner
def block_rises(ends, first, nx, ny, limit, descends):
    """Whether a sample of a block could rise above a line of sight."""
    count = 0
    for e in range(np.uint64(BLOCK)):
        count += nx * ends[0, first + e] + ny * ends[1, first + e] > limit
    if descends:
        for e in range(np.uint64(BLOCK)):
            count += nx * ends[2, first + e] + ny * ends[3, first + e] > limit
    return count > 0


@inner
def sample_rises(ends, at, nx, ny, limit):
    """Whether a sample could rise above a line of sight, at either end."""
    if nx * ends[0, at] + ny * ends[1, at] > limit:
        return True
    return nx * ends[2, at] + ny * ends[3, at] > limit


@lean
def line_horizon(
    z, scale, radius_m, highest, cell, real, imaginary, c, d, eye, t, q, ahead, root, foot, ends, base, node,
    samples, guess, best, place
):  # fmt: skip
    """Horizon of one line, (tangent, first sample of what makes it or -1). guess: such a sample of the site
    before, looked at first."""
    found, sure = -1, -1
    if guess >= 0 and node[guess] > t + NEAR * cell:
        s1 = half_tangent((node[guess] - t) / ahead, root, foot)
        s2 = half_tangent((node[guess + 1] - t) / ahead, root, foot)
        best, place = walk(z, scale, radius_m, real, imaginary, c, d, eye, s1, s2, best, place)
        found, sure = guess, guess
    past = half_tangent(NEAR * cell, root, foot)
    value, place = walk(z, scale, radius_m, real, imaginary, c, d, eye, 0.0, past, best, place)
    if value > best:
        best, found = value, -1
    share = 1.0 / math.sqrt(1.0 + q * q + t * t)
    sine, cosine = t * share, math.sqrt(1.0 + q * q) * share
    xe, ye = upright(t, math.sqrt(1.0 + q * q), eye, radius_m)
    low = lowered(best)
    nx, ny = sine - low * cosine, low * sine + cosine
    limit, end = nx * xe + ny * ye, t + farthest(low, eye, highest, radius_m) + 2.0 * cell
    j = int((t + NEAR * cell * ahead - node[0]) / cell)
    while j < samples and node[j] < end:
        if not block_rises(ends, np.uint64(base + j), nx, ny, limit, low < 0.0):
            j += BLOCK
            continue
        while not sample_rises(ends, np.uint64(base + j), nx, ny, limit):
            j += 1
        first = j
        j += 1
        if first == sure:
            continue
        while j < first + RUN and j != sure and sample_rises(ends, np.uint64(base + j), nx, ny, limit):
            j += 1
        s1 = max(0.0, half_tangent((node[first] - t) / ahead, root, foot))
        s2 = half_tangent((node[j] - t) / ahead, root, foot)
        value, place = walk(z, scale, radius_m, real, imaginary, c, d, eye, s1, s2, best, place)
        if value > best:
            found = first
            while found < j - 1 and half_tangent((node[found + 1] - t) / ahead, root, foot) < place:
                found += 1
            best, low = value, lowered(value)
            nx, ny = sine - low * cosine, low * sine + cosine
            limit, end = nx * xe + ny * ye, t + farthest(low, eye, highest, radius_m) + 2.0 * cell
    return best, found


@kernel
def sweep_tile(
    z, table, start, width, scale, radius_m, highest, cell, spread, middle, site, place, turn, node, most,
    eye_m, unit_deg, out
):  # fmt: skip
    """Horizons of the sites of a tile, out[site, azimuth] in steps of `unit_deg`, direction by direction.

    middle: the tile's middle on the map; site (n,): rows of `out`; place (n, 7): complex map coordinates,
    the same about the middle, gnomonic ones, ground; turn (n, 5): cosine and sine of the angle of north on
    the map, of that about the middle, and that angle; node (samples + 1,): where samples of a strip begin;
    most: strips.
    """
    count, levels, samples = out.shape[1], width.shape[0], node.shape[0] - 1
    fine = max(1, -(-240 // count))
    directions = count * fine
    ends = np.empty((4, most * (samples + 2 * BLOCK)))
    guess, along = np.empty(most, np.int64), np.empty(samples + 1)
    step = 2.0 * math.pi / count
    cosine, sine = np.cos(step * np.arange(count)), np.sin(step * np.arange(count))
    for m in range(directions):
        angle = step / fine * m
        pc, ps = math.cos(angle), math.sin(angle)
        t0, q0, q1 = math.inf, math.inf, -math.inf
        for k in range(site.shape[0]):
            t0 = min(t0, place[k, 4] * pc + place[k, 5] * ps)
            q = place[k, 5] * pc - place[k, 4] * ps
            q0, q1 = min(q0, q), max(q1, q)
        strips = min(most, int((q1 - q0) / cell) + 1)
        for j in range(samples + 1):
            along[j] = node[j] + t0
        build_strips(
            table, start, width, levels, z.shape[0], z.shape[1], scale, radius_m, middle[0], middle[1], pc,
            ps, q0, cell, strips, along, samples, spread, ends,
        )  # fmt: skip
        guess[:] = -1
        for k in range(site.shape[0]):
            number = math.floor((turn[k, 4] - angle) / step * fine + 0.5)
            if number % fine:
                continue
            a = (number // fine) % count
            ca, sa = cosine[a], sine[a]
            c, d = turn[k, 0] * ca + turn[k, 1] * sa, turn[k, 1] * ca - turn[k, 0] * sa
            vx, vy = turn[k, 2] * ca + turn[k, 3] * sa, turn[k, 3] * ca - turn[k, 2] * sa
            wx, wy = place[k, 2], place[k, 3]
            inner_, less = 2.0 * (wx * vx + wy * vy), 1.0 - wx * wx - wy * wy
            dx, dy = vx * less + wx * inner_, vy * less + wy * inner_
            share = 1.0 / math.sqrt(dx * dx + dy * dy)
            dx, dy = dx * share, dy * share
            gx, gy = place[k, 4], place[k, 5]
            off = gy * dx - gx * dy
            t, q = gx * pc + gy * ps, gy * pc - gx * ps
            strip = min(strips - 1, int((q - q0) / cell))
            best, guess[strip] = line_horizon(
                z, scale, radius_m, highest, cell, place[k, 0], place[k, 1], c, d, place[k, 6] + eye_m, t, q,
                dx * pc + dy * ps, math.sqrt(1.0 + off * off), gx * dx + gy * dy, ends,
                strip * (samples + 2 * BLOCK), along, samples, guess[strip], NOTHING, 0.0,
            )  # fmt: skip
            out[site[k], a] = np.int16(round(math.degrees(math.atan(best)) / unit_deg))
