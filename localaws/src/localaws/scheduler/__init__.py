"""Fires the schedules of EventBridge Scheduler, by hand."""

from localaws.context import ServerContext

__all__ = ["install"]


def install(context: ServerContext) -> None:
    """Let ``localaws scheduler fire`` reach this server."""
    # Imported late: the command line needs this package, and must not wait for botocore.
    from localaws.scheduler import fire  # noqa: PLC0415

    fire.install(context)
