"""The one door to LightGBM, which also opens where the system has no OpenMP library.

Gives : load_lightgbm(), LightgbmUnusable
Scar  : LightGBM's Linux wheel wants the system's libgomp.so.1; a fresh Debian or Ubuntu has none, and the first to
        train there was told 'cannot open shared object file'. scikit-learn's wheel brings its own copy under another
        name. We load that copy under the name that is looked for: the dynamic loader takes a library that is already
        there when its SONAME fits.
Scar  : OpenMP's threads wait by spinning. Beside a busy worker on two cores that made training ten times slower, so
        they are told to sleep (unless the operator says otherwise in OMP_WAIT_POLICY).
Price : the copy is written to a private folder for the moment of loading (a quarter of a megabyte).
"""

from __future__ import annotations

import ctypes
import importlib
import importlib.util
import os
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType

from forestay.kit.errors import ForestayError

SONAME = "libgomp.so.1"


class LightgbmUnusable(ForestayError):
    """LightGBM cannot be loaded on this machine: install the OpenMP library (package libgomp1) or repair the install."""

    code = "lightgbm_unusable"
    http_status = 501

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"LightGBM cannot be loaded ({reason}); install the system's OpenMP library "
            "(Debian and Ubuntu: apt install libgomp1) or reinstall lightgbm and scikit-learn"
        )


@cache
def load_lightgbm() -> ModuleType:
    """The module lightgbm. Raises LightgbmUnusable when it is not installed or lacks what it needs."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if sys.platform == "linux":
        _provide_openmp()
    try:
        return importlib.import_module("lightgbm")
    except (ImportError, OSError) as error:
        raise LightgbmUnusable(str(error)) from error


def _provide_openmp() -> None:
    """Make sure that libgomp.so.1 is loaded or can be found; without any, the import says so itself."""
    try:
        ctypes.CDLL(SONAME)
    except OSError:
        copy = bundled_openmp()
        if copy is not None:
            load_as_system_openmp(copy)


def bundled_openmp() -> Path | None:
    """The OpenMP library in scikit-learn's wheel, None when there is none (then the system's is needed)."""
    found = importlib.util.find_spec("sklearn")
    if found is None or found.origin is None:
        return None
    beside = Path(found.origin).parent.parent / "scikit_learn.libs"
    return next(iter(sorted(beside.glob("libgomp-*.so*"))), None)


def load_as_system_openmp(library: Path) -> ctypes.CDLL:
    """Load a copy of the library that calls itself libgomp.so.1. Raises LightgbmUnusable when it cannot be loaded."""
    own, wanted = library.name.encode(), SONAME.encode()
    renamed = library.read_bytes().replace(own, wanted.ljust(len(own), b"\0"))
    with TemporaryDirectory(prefix="forestay-openmp-") as folder:
        copy = Path(folder) / SONAME
        copy.write_bytes(renamed)
        try:
            return ctypes.CDLL(str(copy), mode=ctypes.RTLD_GLOBAL)
        except OSError as error:
            raise LightgbmUnusable(str(error)) from error
