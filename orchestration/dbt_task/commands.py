"""What each state of the night asks dbt to do."""

from collections.abc import Mapping

# docs reuses the manifest of the build: compiling again would only repeat its queries.
COMMANDS: dict[str, tuple[str, ...]] = {
    "freshness": ("source", "freshness"),
    "build": ("build",),
    "docs": ("docs", "generate", "--static"),
    "upkeep": ("run-operation", "upkeep"),
}


def invocation(command: str, environment: Mapping[str, str]) -> list[str]:
    """Return dbt's arguments for a command.

    Parameters
    ----------
    command
        A key of ``COMMANDS``.
    environment
        ``DBT_TARGET``, and from the state machine ``DBT_VARS`` (JSON) and ``DBT_FULL_REFRESH_RUN``.

    Examples
    --------
    >>> invocation("build", {"DBT_VARS": '{"run_id": "r"}', "DBT_TARGET": "prod"})
    ['build', '--target', 'prod', '--vars', '{"run_id": "r"}']
    """
    arguments = [*COMMANDS[command], "--target", environment.get("DBT_TARGET", "prod")]
    if variables := environment.get("DBT_VARS"):
        arguments += ["--vars", variables]
    if command == "build" and environment.get("DBT_FULL_REFRESH_RUN") == "true":
        arguments.append("--full-refresh")
    return arguments
