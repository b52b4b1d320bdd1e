"""The kernel cache: a folder per state of the sources, the user's own choice, or a temporary one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from raabta.engine import kernelcache


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No choice of the user, and numba as if it were not loaded."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delitem(sys.modules, "numba", raising=False)


def test_the_folder_is_made_and_named_by_the_sources(tmp_path: Path) -> None:
    folder = kernelcache.prepare()
    assert folder == tmp_path / "raabta" / f"kernels-{kernelcache.kernels_hash()}"
    assert folder.is_dir() and os.environ["NUMBA_CACHE_DIR"] == str(folder)


def test_the_users_own_choice_stands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", "/some/where")
    assert kernelcache.prepare() == Path("/some/where")
    assert not (tmp_path / "raabta").exists()


def test_without_a_cache_home_the_one_in_the_home_is_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "relative/is/ignored")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert kernelcache.prepare().parent == tmp_path / "home" / ".cache" / "raabta"


def test_an_unusable_cache_falls_back_to_a_folder_of_our_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    folder = kernelcache.prepare()
    assert folder.is_dir() and folder.name.startswith("raabta-kernels-")
    assert folder.stat().st_mode & 0o777 == 0o700
    shutil.rmtree(folder)


def test_a_folder_others_may_write_to_is_never_taken(tmp_path: Path) -> None:
    first = tmp_path / "raabta" / f"kernels-{kernelcache.kernels_hash()}"
    first.mkdir(parents=True)
    first.chmod(0o777)
    folder = kernelcache.prepare()
    assert folder != first
    shutil.rmtree(folder)


def test_a_change_in_any_kernel_file_changes_the_folder(tmp_path: Path) -> None:
    hashes = []
    for floor, text in (("a", "x = 1"), ("b", "y = 1"), ("b", "y = 2"), ("c", "")):
        (tmp_path / floor).mkdir(exist_ok=True)
        (tmp_path / floor / "kernels.py").write_text(text)
        (tmp_path / floor / "other.py").write_text(f"# {len(hashes)}")
        hashes.append(kernelcache.kernels_hash(tmp_path))
    assert len(set(hashes)) == 4
    (tmp_path / "a" / "other.py").write_text("# changed")
    assert kernelcache.kernels_hash(tmp_path) == hashes[-1]


STALE = """
import os
import sys
from pathlib import Path
package = Path(sys.argv[1])
from raabta.engine import kernelcache
del os.environ["NUMBA_CACHE_DIR"]  # importing raabta has set it, for raabta's own kernels
kernelcache._PACKAGE = package
kernelcache.kernels_hash.__defaults__ = (package,)
print(kernelcache.prepare().name)
sys.path.insert(0, str(package.parent))
from toy.upper.kernels import twice_plus
print(twice_plus(5.0))
"""


def test_numba_does_not_keep_the_old_answer_of_a_called_kernel(tmp_path: Path) -> None:
    """The trap itself: a kernel that calls a changed kernel of another file."""
    package = tmp_path / "toy"
    for floor in ("", "lower", "upper"):
        (package / floor).mkdir(exist_ok=True)
        (package / floor / "__init__.py").write_text("")
    lower = "from numba import njit\n@njit(cache=True)\ndef add(x):\n    return x + {}\n"
    upper = (
        "from numba import njit\nfrom toy.lower.kernels import add\n"
        "@njit(cache=True)\ndef twice_plus(x):\n    return 2.0 * add(x)\n"
    )
    (package / "upper" / "kernels.py").write_text(upper)
    names, answers = [], []
    for constant in ("1.0", "2.0"):
        (package / "lower" / "kernels.py").write_text(lower.format(constant))
        command = [sys.executable, "-c", STALE, str(package)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
        name, answer = done.stdout.split()
        names.append(name)
        answers.append(float(answer))
    assert answers == [12.0, 14.0]
    assert names[0] != names[1]


def test_one_blas_thread_unless_the_user_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.setenv("MKL_NUM_THREADS", "1")
    monkeypatch.setenv("VECLIB_MAXIMUM_THREADS", "1")
    kernelcache.single_threaded_blas()
    assert (os.environ["OPENBLAS_NUM_THREADS"], os.environ["OMP_NUM_THREADS"]) == ("1", "3")
    monkeypatch.delenv("OPENBLAS_NUM_THREADS")


def test_it_runs_before_numpy_and_numba_are_loaded() -> None:
    code = (
        "import sys; from raabta.engine import kernelcache; kernelcache.kernels_hash();"
        "sys.exit(any(m in sys.modules for m in ('numpy', 'numba')))"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
