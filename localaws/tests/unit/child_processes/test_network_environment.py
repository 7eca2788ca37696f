"""Behind a proxy, every child reaches the network through it and this machine without it."""

import os
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import botocore.utils
import pytest
import requests.utils
from localaws_support.recorded_children import (
    ENDPOINT_URL,
    OPERATOR,
    ROLE,
    context_in,
    recorded_environments,
)

from localaws.ecs_tasks.container import ContainerProcess, ContainerSpecification
from localaws.ecs_tasks.images import ImageRegister, LocalImage
from localaws.ecs_tasks.roles import TaskRoles
from localaws.glue_jobs.run import JobProcess, JobSpecification
from localaws.lambda_functions.execution import Invocation, execute
from localaws.server.process import _isolate_environment
from localaws.trino.process import TrinoProcess

PROXY = "http://proxy.example:3128"
PROXY_NAMES = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"]
EXCEPTIONS = [
    None,
    *(
        (name, value)
        for name in ("NO_PROXY", "no_proxy")
        for value in ("", "internal.example", "*", "internal.example, 127.0.0.1")
    ),
]
CERTIFICATES = {
    "SSL_CERT_FILE": "/etc/ca.pem",
    "SSL_CERT_DIR": "/etc/ca",
    "REQUESTS_CA_BUNDLE": "/etc/requests.pem",
    "CURL_CA_BUNDLE": "/etc/curl.pem",
}
FOREIGN_URLS = ["https://api.example.com/", "http://www.internal.example/"]


def run_function(context: Any, folder: Path, environment: dict[str, str]) -> None:
    invocation = Invocation(
        request_id="1", function_name="f", function_arn="arn", version="1", handler="app.handler",
        event={}, code=folder, layers=(), timeout_seconds=5, memory_mib=128,
        environment=environment, log_group="g", log_stream="s", identity=OPERATOR,
    )  # fmt: skip
    execute(context, invocation)


def run_container(context: Any, folder: Path, environment: dict[str, str]) -> None:
    ImageRegister(context.settings).add("image", LocalImage(root=folder, python=Path("/bin/true")))
    container = ContainerSpecification(
        name="main", image="image", command=["true"], environment=environment, secrets={},
        log_configuration={}, task_id="1", region="us-east-1", account_id="123456789012",
        roles=TaskRoles(ROLE, ROLE, "arn:aws:ecs:us-east-1:123456789012:task/cluster/1"),
    )  # fmt: skip
    ContainerProcess(context, container, lambda: None).run()


def run_job(context: Any, folder: Path, environment: dict[str, str]) -> None:
    job = JobSpecification(
        name="job", run_id="1", script_location="s3://b/job.py", timeout_minutes=1,
        arguments={
            "--customer-driver-env-vars": ",".join(f"{k}={v}" for k, v in environment.items())
        } if environment else {},
        region="us-east-1", account_id="123456789012", role_arn=ROLE,
    )  # fmt: skip
    with mock.patch.object(JobProcess, "_fetch", return_value=folder / "job.py"):
        JobProcess(context, job, lambda: None).run()


def run_trino(context: Any, _folder: Path, _environment: dict[str, str]) -> None:
    TrinoProcess(
        context.settings,
        ENDPOINT_URL,
        context.children,
        context.aws_environment(),
        operator_arn=OPERATOR.arn,
    )._run_once()


Run = Callable[[Any, Path, dict[str, str]], None]
RUNS: dict[str, tuple[Run, int]] = {
    "function": (run_function, 1),
    "container": (run_container, 1),
    "Spark job": (run_job, 2),
    "Trino": (run_trino, 1),
}
"""How each executor starts its children, and how many these are."""


def environments_of(
    executor: str, folder: Path, machine: dict[str, str], own: dict[str, str] | None = None
) -> list[dict[str, str]]:
    run, children = RUNS[executor]
    with (
        mock.patch.dict(os.environ, {"PATH": "/usr/bin:/bin", **machine}, clear=True),
        recorded_environments() as environments,
    ):
        run(context_in(folder), folder, own or {})
    assert len(environments) == children
    return environments


def proxies_for(url: str, environment: dict[str, str]) -> dict[str, str]:
    """Return the proxies that a client with this environment uses for an address."""
    with mock.patch.dict(os.environ, environment, clear=True):
        proxies = botocore.utils.get_environ_proxies(url)
    return {scheme: proxy for scheme, proxy in proxies.items() if scheme != "no"}


def assert_direct(environment: dict[str, str]) -> None:
    """Check that clients of all kinds reach this machine without a proxy."""
    for host in ("127.0.0.1", "localhost"):
        url = f"http://{host}:4566/"
        assert proxies_for(url, environment) == {}
        with mock.patch.dict(os.environ, environment, clear=True):
            assert requests.utils.get_environ_proxies(url) == {}
            assert urllib.request.proxy_bypass(f"{host}:4566") or not urllib.request.getproxies()


def machine_with(proxy_name: str, exceptions: tuple[str, str] | None) -> dict[str, str]:
    return {proxy_name: PROXY, **dict([exceptions] if exceptions else []), **CERTIFICATES}


@pytest.mark.parametrize("exceptions", EXCEPTIONS, ids=str)
@pytest.mark.parametrize("proxy_name", PROXY_NAMES)
@pytest.mark.parametrize("executor", RUNS)
def test_a_child_uses_the_proxy_of_this_machine_but_not_for_this_machine(
    executor: str, proxy_name: str, exceptions: tuple[str, str] | None, tmp_path: Path
) -> None:
    # GIVEN a machine behind a proxy
    machine = machine_with(proxy_name, exceptions)
    # WHEN an executor starts its children
    for environment in environments_of(executor, tmp_path, machine):
        # THEN they reach localaws directly
        assert_direct(environment)
        # AND everything else as the machine does, trusting what it trusts
        for url in FOREIGN_URLS:
            assert proxies_for(url, environment) == proxies_for(url, machine)
        assert CERTIFICATES.items() <= environment.items()


@pytest.mark.parametrize("exceptions", EXCEPTIONS, ids=str)
@pytest.mark.parametrize("proxy_name", PROXY_NAMES)
def test_the_server_itself_does_so(proxy_name: str, exceptions: tuple[str, str] | None) -> None:
    machine = machine_with(proxy_name, exceptions)
    with mock.patch.dict(os.environ, machine, clear=True):
        _isolate_environment(ENDPOINT_URL, context_in(Path("/tmp")).settings)
        environment = dict(os.environ)
    assert_direct(environment)
    for url in FOREIGN_URLS:
        assert proxies_for(url, environment) == proxies_for(url, machine)


@pytest.mark.parametrize("executor", ["function", "container"])
@pytest.mark.parametrize("proxy_name", PROXY_NAMES)
def test_what_a_child_is_given_comes_before_what_the_machine_has(
    executor: str, proxy_name: str, tmp_path: Path
) -> None:
    # GIVEN a machine with a proxy in all spellings, and a child with another in one
    machine = {**dict.fromkeys(PROXY_NAMES, PROXY), "no_proxy": "internal.example"}
    own = {proxy_name: "http://other.example:1", "NO_PROXY": "elsewhere.example"}
    # WHEN the child is started
    (environment,) = environments_of(executor, tmp_path, machine, own)
    # THEN its own proxy and exceptions hold, and it still reaches localaws directly
    scheme = proxy_name.lower().removesuffix("_proxy")
    proxies = proxies_for("http://www.internal.example/", environment)
    assert proxies[scheme] == "http://other.example:1"
    assert proxies_for("http://www.elsewhere.example/", environment) == {}
    assert_direct(environment)
