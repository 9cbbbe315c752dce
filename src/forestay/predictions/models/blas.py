"""Matrix products on one core, where a second one would only be waited for.

Gives : on_one_core()
Scar  : OpenBLAS's threads wait by spinning, as OpenMP's do (models/openmp.py). The products here are tall and thin, so
        a second core gains little; beside a busy worker it cost ten times the processor time.
"""

from __future__ import annotations

import importlib
from contextlib import AbstractContextManager


def on_one_core() -> AbstractContextManager[object]:
    """A context in which numpy's linear algebra keeps to one core (threadpoolctl comes with scikit-learn)."""
    limits: AbstractContextManager[object] = importlib.import_module("threadpoolctl").threadpool_limits(1, "blas")
    return limits
