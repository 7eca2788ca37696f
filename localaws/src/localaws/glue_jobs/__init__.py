"""Runs Glue Spark jobs: the deployed script on a real Spark, with Glue's arguments and states."""

from localaws.context import ServerContext

__all__ = ["install"]


def install(context: ServerContext) -> None:
    """Make moto's job runs real ones."""
    # Imported late: ``localaws up`` needs the class archive only, and must not wait for moto.
    from localaws.glue_jobs import job_run_api  # noqa: PLC0415

    job_run_api.install(context)
