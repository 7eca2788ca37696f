"""Runs Glue Spark jobs: the deployed script on a real Spark, with Glue's arguments and states."""

from localaws.glue_jobs.job_run_api import install

__all__ = ["install"]
