"""LightGBM opens also on a machine without the system's OpenMP library."""

import subprocess
import sys

import pytest

from forestay.predictions.models import openmp

WITHOUT_LIBRARY = """
import ctypes
real, asked = ctypes.CDLL, []
def without(name, *args, **options):
    if name == "libgomp.so.1":
        asked.append(name)
        raise OSError("libgomp.so.1: cannot open shared object file")
    return real(name, *args, **options)
ctypes.CDLL = without
from forestay.predictions.models import openmp
import numpy as np
lightgbm = openmp.load_lightgbm()
data = lightgbm.Dataset(np.arange(100.0)[:, None], np.arange(100) > 50, params={"verbose": -1})
lightgbm.train({"objective": "binary", "verbose": -1}, data, 2)
maps = open("/proc/self/maps").read() if asked else ""
print("forestay-openmp" in maps or not asked)
"""


@pytest.mark.slow
def test_the_copy_in_scikit_learns_wheel_serves_where_the_system_has_none() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_LIBRARY], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "True", done.stderr


def test_without_lightgbm_the_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> None:
        raise OSError("libgomp.so.1: cannot open shared object file")

    monkeypatch.setattr(openmp.importlib, "import_module", refuse)
    with pytest.raises(openmp.LightgbmUnusable, match="apt install libgomp1"):
        openmp.load_lightgbm.__wrapped__()


def test_nothing_that_serves_loads_a_library_that_trains() -> None:
    serving = "live hazard calibration metrics snapshots model_document training labels leakage models.registry"
    lines = "".join(f"import forestay.predictions.{module}\n" for module in serving.split())
    check = "import sys\nprint(sorted({'lightgbm', 'sklearn', 'scipy', 'catboost'} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", lines + check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
