"""The control API and the command line."""

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from wistia_simulator.testing import Event, Faults, Media, World, running

WORLD = World.from_records(
    [Media("media00001")],
    [Event(f"k{day:02d}", "media00001", f"2026-03-{day:02d}T10:00:00Z") for day in range(1, 6)],
)
SERVE = [sys.executable, "-m", "wistia_simulator", "serve"]


def test_the_clock_is_read_and_moved_and_brings_new_events():
    with running(WORLD) as simulator:
        url = f"{simulator.base_url}/_simulator/clock"
        assert requests.get(url, timeout=5).json() == {"now": "2026-03-02T02:00:00.000Z"}
        assert len(simulator.truth().events) == 1

        answer = requests.put(url, json={"now": "2026-03-04T02:00:00Z"}, timeout=5)

        assert answer.json() == {"now": "2026-03-04T02:00:00.000Z"}
        assert len(simulator.truth().events) == 3


def test_another_world_is_loaded_into_a_running_server_with_a_clean_slate():
    other = World.from_records(
        [Media("media00002")],
        [Event("other", "gone000001", "2026-04-01T10:00:00Z")],
        clock="2026-04-02T00:00:00Z",
    )
    with running(WORLD, Faults(shuffle_events=True)) as simulator:
        headers = {"Authorization": f"Bearer {simulator.token}"}
        url = f"{simulator.base_url}/modern/stats/events"
        before = requests.get(url, headers=headers, timeout=5).json()

        simulator.load(other)

        after = requests.get(
            url, params={"media_id": "gone000001"}, headers=headers, timeout=5
        ).json()
        assert [row["event_key"] for row in before + after] == ["k01", "other"]
        assert simulator.requests.total == 1
        assert simulator.faults == Faults()


def test_switches_are_read_and_set():
    with running(WORLD) as simulator:
        url = f"{simulator.base_url}/_simulator/faults"
        answer = requests.put(url, json={"rules": [{"fault": "503", "times": 1}]}, timeout=5)
        assert answer.status_code == 200
        assert requests.get(url, timeout=5).json()["rules"][0]["fault"] == "503"
        assert simulator.faults.rules[0].times == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("clock", "{}"),
        ("clock", '{"now": "soon"}'),
        ("faults", '{"nonsense": 1}'),
        ("faults", "{"),
    ],
)
def test_what_cannot_be_set_is_refused_with_a_reason(path, body):
    with running(WORLD) as simulator:
        answer = requests.put(f"{simulator.base_url}/_simulator/{path}", data=body, timeout=5)
    assert answer.status_code == 400
    assert len(answer.json()["error"]) > 20


def test_the_truth_tells_what_is_visible_and_what_was_served():
    with running(WORLD) as simulator:
        simulator.clock.set("2026-03-06T00:00:00Z")
        headers = {"Authorization": f"Bearer {simulator.token}"}
        requests.get(
            f"{simulator.base_url}/modern/stats/events",
            params={"per_page": 2},
            headers=headers,
            timeout=5,
        )
        truth = requests.get(
            f"{simulator.base_url}/_simulator/truth",
            params={"start": "2026-03-02T00:00:00Z", "end": "2026-03-05T00:00:00Z"},
            timeout=5,
        ).json()

    assert set(truth["events"]) == {"k02", "k03", "k04"}
    assert set(truth["served"]) == {"k04"}
    assert truth["by_path"] == {"/modern/stats/events": 1}


def test_requests_at_once_are_counted():
    with running(
        WORLD, Faults.from_json({"rules": [{"fault": "slow", "delay_seconds": 0.3}]})
    ) as simulator:
        headers = {"Authorization": f"Bearer {simulator.token}"}

        def ask(_: int) -> int:
            return requests.get(
                f"{simulator.base_url}/modern/token", headers=headers, timeout=5
            ).status_code

        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(ask, range(4))) == [200] * 4
        assert simulator.requests.max_concurrent == 4
        assert simulator.requests.total == 4


def test_the_limit_refuses_with_429_and_counts_what_it_refused():
    with running(WORLD, rate_limit_per_minute=5) as simulator:
        headers = {"Authorization": f"Bearer {simulator.token}"}
        answers = [
            requests.get(f"{simulator.base_url}/modern/token", headers=headers, timeout=5)
            for _ in range(7)
        ]
        assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 2
        assert 55 <= int(answers[-1].headers["Retry-After"]) <= 60
        assert simulator.requests.to_json()["too_many_requests"] == 2


def test_the_command_serves_writes_its_port_and_ends_on_a_signal(tmp_path: Path):
    # GIVEN the command with switches from a file
    port_file, faults = tmp_path / "port", tmp_path / "faults.json"
    faults.write_text(json.dumps({"shuffle_events": True}))
    options = [
        "--events",
        "50",
        "--port-file",
        str(port_file),
        "--token",
        "t",
        "--faults",
        str(faults),
    ]
    process = subprocess.Popen([*SERVE, *options], stdout=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + 30
        while not port_file.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        # WHEN a request goes to the port that it wrote
        url = f"http://127.0.0.1:{port_file.read_text().strip()}"
        rows = requests.get(
            f"{url}/v1/stats/events",
            params={"per_page": 100},
            headers={"Authorization": "Bearer t"},
            timeout=5,
        ).json()
        # THEN it serves the requested world
        assert len(rows) == 50
        assert requests.get(f"{url}/_simulator/faults", timeout=5).json()["shuffle_events"] is True
    finally:
        os.kill(process.pid, signal.SIGTERM)
    assert process.wait(timeout=20) == 0
