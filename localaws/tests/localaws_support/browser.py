"""A real browser for tests: Chromium, which no Python package provides."""

import os
import shutil

import pytest

FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]


def chromium() -> str:
    """Return the path of a Chromium, from the environment variable CHROMIUM or the search path."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.fail(
            "There is no Chromium: install it (apt-get install chromium), or set the environment"
            " variable CHROMIUM to its path.",
            pytrace=False,
        )
    return found
