"""A wait ends with what is found, or with its time."""

import time

from localaws.waiting import wait_until


def test_what_is_found_comes_back():
    found = iter([None, "", "there", "never asked for"])
    assert wait_until(lambda: next(found), timeout_seconds=5, pause_seconds=0.001) == "there"


def test_a_wait_without_time_looks_once():
    looks = []
    assert wait_until(lambda: looks.append(1), timeout_seconds=0, pause_seconds=0) is None
    assert looks


def test_a_wait_ends_when_its_time_is_over():
    began = time.monotonic()
    assert wait_until(lambda: False, timeout_seconds=0.1, pause_seconds=0.01) is None
    assert 0.1 <= time.monotonic() - began < 3
