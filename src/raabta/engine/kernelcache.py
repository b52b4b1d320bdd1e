"""Where numba keeps compiled kernels: one folder per state of the kernel sources.

numba's cache looks only at the file of the kernel it stores: a kernel that calls a changed kernel of
another file keeps the old answer. So the folder's name hashes every `*kernels.py`, and a change
starts an empty cache. Imports only the standard library: it must run before numba and numpy.
"""

from __future__ import annotations

import hashlib
import os
import platform
import stat
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from raabta.engine.provenance import cpu_kind, version_of

_PACKAGE = Path(__file__).resolve().parent.parent
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def prepare() -> Path:
    """Point NUMBA_CACHE_DIR at this version's folder, unless the user set it; returns the folder.

    Call it before any kernel is imported. The environment passes it on to worker processes.
    """
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    if chosen:
        return Path(chosen)
    folder = cache_folder(f"kernels-{kernels_hash()}")
    os.environ["NUMBA_CACHE_DIR"] = str(folder)
    numba = sys.modules.get("numba")
    if numba is not None:  # its settings were read before ours
        numba.config.CACHE_DIR = str(folder)
    return folder


def single_threaded_blas() -> None:
    """One BLAS thread in this process, unless the user set it; call it before numpy is imported.

    Workers have one anyway; with this a run with one worker, in-process, gives the same bits.
    """
    for name in _THREADS:
        os.environ.setdefault(name, "1")


def kernels_hash(package: Path = _PACKAGE) -> str:
    """16 hex digits over every `*kernels.py` of the package, numba, Python and the CPU kind."""
    digest = hashlib.sha256()
    for part in (version_of("numba"), version_of("llvmlite"), platform.python_version(), cpu_kind()):
        digest.update(f"{part}\n".encode())
    for path in sorted(package.rglob("*kernels.py")):
        source = path.read_bytes()
        digest.update(f"{path.relative_to(package).as_posix()} {len(source)}\n".encode() + source)
    return digest.hexdigest()[:16]


def _cache_home() -> Path:
    """`XDG_CACHE_HOME` or ~/.cache; RuntimeError if there is no home."""
    home = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (home if home.is_absolute() else Path.home() / ".cache") / "raabta"


def cache_folder(name: str) -> Path:
    """The folder of that name in the cache home if we may write to it and own it, else a temporary one.

    numba unpickles what lies there, so a folder that others can write to is never taken.
    """
    with suppress(OSError, RuntimeError):
        folder = _cache_home() / name
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder):
            pass
        if _is_ours(folder):
            return folder
    return Path(tempfile.mkdtemp(prefix="raabta-kernels-"))


def _is_ours(folder: Path) -> bool:
    status = folder.stat()
    return status.st_uid == os.getuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
