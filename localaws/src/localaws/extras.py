"""Packages that localaws uses if they are installed."""

import importlib.util
from pathlib import Path

SPARK_IS_MISSING = "Spark is not installed: run pip install 'localaws[spark]', then `localaws up`"


def spark_folder() -> Path | None:
    """Return the folder of the installed pyspark, without importing it: that takes a second."""
    spec = importlib.util.find_spec("pyspark")
    return None if spec is None or spec.origin is None else Path(spec.origin).parent


def spark_is_installed() -> bool:
    """Return whether Glue jobs can run here, as they do with the extra ``spark``."""
    return spark_folder() is not None
