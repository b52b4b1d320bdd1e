"""The example of Hypatia's constellations prints what the guide shows."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_guide_shows_what_the_example_prints(tmp_path: Path) -> None:
    script = ROOT / "examples" / "hypatia" / "run.py"
    printed = subprocess.run(
        [sys.executable, "-W", "error", str(script), "--out", str(tmp_path / "out")],
        check=True,
        timeout=300,
        capture_output=True,
        text=True,
        encoding="utf-8",
    ).stdout
    rules, pairs = printed.strip().split("\n\n")
    page = (ROOT / "docs" / "guides" / "hypatia.md").read_text(encoding="utf-8")
    assert f"\n\n{rules}\n\n" in page and f"\n\n{pairs}\n\n" in page
    assert "| Telesat-1015 | London – New-York | 42.1–42.5 ms | 48.3–65.9 ms | 0 s | 0 s |" in pairs
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"starlink", "kuiper", "telesat"}
