"""Starts and stops what a night needs on one machine: localaws and the simulator."""

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

import psutil
import requests

from orchestration.cloud import program
from orchestration.errors import PipelineError
from orchestration.memory import Memory
from orchestration.settings import SIMULATOR_TOKEN, Settings

SIMULATOR_START_SECONDS = 60
_REQUEST_SECONDS = 30


def start_localaws(settings: Settings) -> None:
    """Start localaws, downloading its engines the first time; a running one is left alone.

    Raises
    ------
    PipelineError
        It did not start; localaws has printed the reason.
    """
    result = subprocess.run(
        [program("localaws"), "up"],
        env=_environment(settings),
        stdout=subprocess.DEVNULL,  # the exports, for people who start it by hand
        check=False,
    )
    if result.returncode:
        raise PipelineError(
            "The local AWS did not start: see the message above (logs: "
            f"{settings.localaws_home / 'logs'}). Fix that, then run the command again."
        )


def stop_localaws(settings: Settings) -> None:
    """Stop localaws and save its state."""
    subprocess.run([program("localaws"), "down"], env=_environment(settings), check=False)


def start_simulator(settings: Settings, say: Callable[[str], None]) -> str:
    """Start the simulator of Wistia's API, or find the one that is running.

    Parameters
    ----------
    settings
        Home, seed, size and port of the simulator.
    say
        Callback that receives a progress message.

    Returns
    -------
    str
        Its base URL.

    Raises
    ------
    PipelineError
        It did not start; the text names its log.
    """
    memory = Memory.read(settings.memory_file)
    world = f"seed={settings.simulator_seed} events={settings.simulator_events}"
    if memory.simulator_url and _is_simulator(memory.simulator_pid):
        if memory.simulator_world == world:
            return memory.simulator_url
        stop_simulator(settings)
    say(f"Starting the Wistia simulator ({world})")
    port_file = settings.localaws_home / "simulator.port"
    port_file.unlink(missing_ok=True)
    log = settings.localaws_home / "logs" / "simulator.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = _spawn_simulator(settings, port_file, output)
    url = f"http://127.0.0.1:{_wait_for_port(process, port_file, log)}"
    memory = memory.model_copy(
        update={"simulator_pid": process.pid, "simulator_url": url, "simulator_world": world}
    )
    memory.write(settings.memory_file)
    return url


def stop_simulator(settings: Settings) -> bool:
    """Stop the simulator of this home; return whether one was running."""
    memory = Memory.read(settings.memory_file)
    runs = _is_simulator(memory.simulator_pid)
    if runs and memory.simulator_pid:
        process = psutil.Process(memory.simulator_pid)
        process.terminate()
        try:
            process.wait(timeout=10)
        except psutil.TimeoutExpired:
            process.kill()
    memory.model_copy(update={"simulator_pid": None, "simulator_url": None}).write(
        settings.memory_file
    )
    return runs


def set_simulator_clock(url: str, now: str) -> None:
    """Make the simulator serve what Wistia would serve at ``now`` (ISO, UTC).

    Raises
    ------
    PipelineError
        It does not answer.
    """
    try:
        requests.put(
            f"{url}/_simulator/clock", json={"now": now}, timeout=_REQUEST_SECONDS
        ).raise_for_status()
    except requests.RequestException as error:
        raise PipelineError(
            f"The simulator at {url} does not answer: {error}. Start it again with `make up`."
        ) from None


def simulator_url(settings: Settings) -> str | None:
    """Return the address of the running simulator of this home, None if there is none."""
    memory = Memory.read(settings.memory_file)
    return memory.simulator_url if _is_simulator(memory.simulator_pid) else None


def _environment(settings: Settings) -> dict[str, str]:
    return os.environ | {"LOCALAWS_HOME": str(settings.localaws_home)}


def _spawn_simulator(
    settings: Settings, port_file: Path, output: IO[bytes]
) -> "subprocess.Popen[bytes]":
    command = [program("wistia-simulator"), "serve", "--port", str(settings.simulator_port)]
    command += ["--port-file", str(port_file), "--seed", str(settings.simulator_seed)]
    command += ["--events", str(settings.simulator_events), "--token", SIMULATOR_TOKEN]
    # Wistia's 600 a minute would only slow a trial down; the client's own limit has its tests.
    command += ["--rate-limit", "0"]
    # In its own session: it outlives this command, and Ctrl-C in a later one does not reach it.
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def _wait_for_port(process: "subprocess.Popen[bytes]", port_file: Path, log: Path) -> int:
    deadline = time.monotonic() + SIMULATOR_START_SECONDS
    while time.monotonic() < deadline:
        if port_file.exists() and (text := port_file.read_text().strip()):
            return int(text)
        if process.poll() is not None:
            break
        time.sleep(0.05)
    process.kill()
    lines = log.read_text(errors="replace").strip().splitlines()
    reason = lines[-1] if lines else f"no answer within {SIMULATOR_START_SECONDS} s"
    raise PipelineError(f"The Wistia simulator did not start: {reason}. See its log: {log}")


def _is_simulator(pid: int | None) -> bool:
    # By now the pid may belong to another program.
    try:
        return pid is not None and any(
            "wistia-simulator" in part for part in psutil.Process(pid).cmdline()
        )
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False
