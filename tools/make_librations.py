"""Write `src/raabta/base/data/librations_de421.npz` from NAIF's kernel moon_pa_de421_1900-2050.bpc.

    pip download --no-deps lunarsky==1.0.1.post2 && unzip lunarsky-1.0.1.post2-*.whl
    python tools/make_librations.py lunarsky/data/pck/moon_pa_de421_1900-2050.bpc

The kernel is NASA's and in the public domain. The rows from 2000-01-01 on are kept as they are, bit for bit:
three series (the angles phi, theta, psi in radians) a row of eight days. Run at development time only.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from raabta.base.spice import read_pck, sha256_of

MOON_PA_DE421 = 31006
EXPECTED = "656f90616403d75a75f0cd6c8830fc5b44f8cb4facb5ccb8915e752b397520cf"
OUT = Path(__file__).parents[1] / "src/raabta/base/data/librations_de421.npz"


def main(path: Path) -> None:
    if sha256_of(path) != EXPECTED:
        sys.exit(f"{path} is another file than the one this was written for")
    (segment,) = read_pck(path, MOON_PA_DE421)
    start, step, series = segment.table
    skipped = int((-43_200.0 - start) // step)
    np.savez_compressed(
        OUT,
        start_tdb_s=np.float64(start + skipped * step),
        end_tdb_s=np.float64(segment.end_tdb_s),
        step_s=np.float64(step),
        coefficients=series[skipped:],
        kernel_sha256=np.array(EXPECTED),
    )
    print(OUT, OUT.stat().st_size, series[skipped:].shape)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
