"""The dbt command of each state of the night."""

import json
from collections.abc import Mapping

# Filling the relation cache queries Glue for every schema; only a build needs it.
COMMANDS: dict[str, tuple[str, ...]] = {
    "freshness": ("source", "freshness", "--no-populate-cache"),
    "build": ("build", "--selector", "nightly"),
    "docs": ("docs", "generate", "--static", "--no-populate-cache"),
    "upkeep": ("run-operation", "upkeep"),
}


def parsing(environment: Mapping[str, str]) -> list[str]:
    """Return dbt's arguments for parsing the project as `invocation` will use it.

    The manifest is not written: for `docs` the folder contains the build's, with compiled SQL.
    """
    arguments = ["--no-write-json", "parse", "--target", _target(environment)]
    return arguments + _vars(_deployment_vars(environment))


def invocation(
    command: str, environment: Mapping[str, str], *, has_manifest: bool = False
) -> list[str]:
    """Return dbt's arguments for a command.

    Parameters
    ----------
    command
        A key of ``COMMANDS``.
    environment
        ``DBT_TARGET`` and ``STAGING_DATABASE`` of the deployment, and from the state machine
        ``DBT_VARS`` (JSON) and ``DBT_FULL_REFRESH_RUN``.
    has_manifest
        Whether the target folder contains the manifest of this run's build: then ``docs`` need not
        compile again, which would only repeat the build's queries.

    Examples
    --------
    >>> invocation("build", {"DBT_VARS": '{"run_id": "r"}', "DBT_TARGET": "prod"})
    ['build', '--selector', 'nightly', '--target', 'prod', '--vars', '{"run_id": "r"}']
    """
    arguments = [*COMMANDS[command], "--target", _target(environment)]
    variables = json.loads(environment.get("DBT_VARS") or "{}")
    arguments += _vars(_deployment_vars(environment) | variables)
    if command == "build" and environment.get("DBT_FULL_REFRESH_RUN") == "true":
        arguments.append("--full-refresh")
    if command == "docs" and has_manifest:
        arguments.append("--no-compile")
    return arguments


def _target(environment: Mapping[str, str]) -> str:
    return environment.get("DBT_TARGET", "prod")


def _deployment_vars(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that are the same every night, on which parsing may depend."""
    staging = environment.get("STAGING_DATABASE")
    return {"staging_database": staging} if staging else {}


def _vars(variables: Mapping[str, str]) -> list[str]:
    return ["--vars", json.dumps(variables)] if variables else []
