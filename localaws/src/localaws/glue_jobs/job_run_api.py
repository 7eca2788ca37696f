"""Puts real job runs behind moto's Glue API."""

import logging
import threading
from datetime import datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.glue.exceptions import (
    ConcurrentRunsExceededException,
    InvalidInputException,
    JobRunNotFoundException,
)
from moto.glue.models import FakeJob, FakeJobRun, glue_backends
from moto.glue.responses import GlueResponse

from localaws.context import ServerContext
from localaws.glue_jobs import spark_process
from localaws.glue_jobs.run import JobProcess, JobResult, JobSpecification

logger = logging.getLogger(__name__)

DEFAULT_TIMEOUT_MINUTES = 480
"""Glue 5's; older versions have 48 hours."""
ACTIVE_STATES = frozenset({"STARTING", "RUNNING", "STOPPING", "WAITING"})
_LOST = "The localaws server ended while this run was going"


class GlueJobExecutor:
    """Runs the Glue jobs of this AWS, each run in a thread that waits for its processes.

    Parameters
    ----------
    context
        The server that the jobs talk to.
    """

    def __init__(self, context: ServerContext) -> None:
        self._context = context
        self._processes: dict[str, JobProcess] = {}
        self._lock = threading.Lock()

    def start(self, job: FakeJob, run: FakeJobRun) -> None:
        """Begin a run that moto has put down."""
        specification = JobSpecification(
            name=job.name,
            run_id=run.job_run_id,
            script_location=str(job.command.get("ScriptLocation", "")),
            arguments={name: str(value) for name, value in (run.arguments or {}).items()},
            timeout_minutes=float(run.timeout or DEFAULT_TIMEOUT_MINUTES),
            region=job.backend.region_name,
            account_id=job.backend.account_id,
            role_arn=role_arn_of(job.role, job.backend.account_id),
        )
        process = JobProcess(self._context, specification, lambda: _set_state(run, "RUNNING"))
        with self._lock:
            self._processes[run.job_run_id] = process
        threading.Thread(
            target=self._run, args=(run, process), name=f"glue-{job.name}", daemon=True
        ).start()

    def stop(self, run: FakeJobRun) -> bool:
        """Ask a run to stop; False if it has ended already."""
        with self._lock:
            process = self._processes.get(run.job_run_id)
            if process is None:
                return False
            run.status = "STOPPING"
            process.stop()
            return True

    def _run(self, run: FakeJobRun, process: JobProcess) -> None:
        try:
            result = process.run()
        # The thread is the only one who can tell the caller: a run must never stay RUNNING.
        except Exception as error:
            logger.exception("Glue job run %s failed inside localaws", run.job_run_id)
            result = JobResult("FAILED", f"localaws: {type(error).__name__}: {error}")
        with self._lock:
            self._processes.pop(run.job_run_id, None)
            run.error_message = result.error_message
            _set_state(run, result.state)
            run.completed_on = utcnow()

    def fail_lost_runs(self) -> None:
        """Mark what a killed server left running: its processes are gone."""
        for account in glue_backends.values():
            for backend in account.values():
                for job in backend.jobs.values():
                    for run in job.job_runs:
                        if run.status in ACTIVE_STATES and run.job_run_id not in self._processes:
                            run.error_message = _LOST
                            _set_state(run, "FAILED")
                            run.completed_on = utcnow()


def role_arn_of(role: str, account_id: str) -> str:
    """Return a role's ARN; Glue takes its name or path, too.

    Examples
    --------
    >>> role_arn_of("service-role/crawl", "123456789012")
    'arn:aws:iam::123456789012:role/service-role/crawl'
    """
    return role if role.startswith("arn:") else f"arn:aws:iam::{account_id}:role/{role}"


def _set_state(run: FakeJobRun, state: str) -> None:
    run.status = state
    run.modified_on = utcnow()


def _describe(run: FakeJobRun) -> dict[str, Any]:
    """Return a run in the shape of GetJobRun."""
    ended = run.status not in ACTIVE_STATES
    until: datetime = run.completed_on if ended else utcnow()
    optional = {
        "Arguments": run.arguments,
        "CompletedOn": run.completed_on if ended else None,
        "ErrorMessage": getattr(run, "error_message", None),
        "NotificationProperty": run.notification_property,
        "PreviousRunId": run.previous_run_id,
        "SecurityConfiguration": run.security_configuration,
        "WorkerType": run.worker_type,
        "NumberOfWorkers": run.number_of_workers,
        "MaxCapacity": run.max_capacity,
        "AllocatedCapacity": run.allocated_capacity,
    }
    return {
        "Id": run.job_run_id,
        "Attempt": 0,
        "JobName": run.job_name,
        "StartedOn": run.started_on,
        "LastModifiedOn": run.modified_on,
        "JobRunState": run.status,
        "PredecessorRuns": [],
        "ExecutionTime": int((until - run.started_on).total_seconds()),
        "Timeout": int(run.timeout or DEFAULT_TIMEOUT_MINUTES),
        "LogGroupName": "/aws-glue/jobs",
        "GlueVersion": getattr(run, "glue_version", None) or "5.0",
        "ExecutionClass": "STANDARD",
        **{name: value for name, value in optional.items() if value is not None},
    }


def _find_run(job: FakeJob, run_id: str) -> FakeJobRun:
    for run in job.job_runs:
        if run.job_run_id == run_id:
            return run
    raise JobRunNotFoundException(run_id)


def _new_run(job: FakeJob, request: dict[str, Any]) -> FakeJobRun:
    active = sum(run.status in ACTIVE_STATES for run in job.job_runs)
    if active >= int(job.execution_property.get("MaxConcurrentRuns", 1)):
        raise ConcurrentRunsExceededException(f"Concurrent runs exceeded for {job.name}")
    merged = {
        **job.default_arguments,
        **(request["arguments"] or {}),
        **(job.non_overridable_arguments or {}),
    }
    run = FakeJobRun(
        job_name=job.name,
        arguments=merged,
        allocated_capacity=request["allocated_capacity"] or job.allocated_capacity,
        max_capacity=request["max_capacity"] or job.max_capacity,
        timeout=request["timeout"] or job.timeout,
        worker_type=request["worker_type"] or job.worker_type,
        security_configuration=request["security_configuration"] or job.security_configuration,
        number_of_workers=request["number_of_workers"] or job.number_of_workers,
        notification_property=request["notification_property"] or job.notification_property,
        job_run_id=request["previous_run_id"],
    )
    # moto would move a run on by itself each time that somebody looks at it.
    run._transitions = []
    run.glue_version = job.glue_version
    return run


def install(context: ServerContext) -> None:
    """Make moto's job runs real ones."""
    executor = GlueJobExecutor(context)
    starting = threading.Lock()

    def start_job_run(job: FakeJob, **request: Any) -> str:
        if reason := spark_process.why_unavailable(context.settings):
            raise InvalidInputException("StartJobRun", reason)
        with starting:
            run = _new_run(job, request)
            job.job_runs.append(run)
        executor.start(job, run)
        return str(run.job_run_id)

    def batch_stop_job_run(response: GlueResponse) -> ActionResult:
        name = response.parameters.get("JobName")
        job = response.glue_backend.get_job(name)
        stopped, errors = [], []
        for run_id in response.parameters.get("JobRunIds") or []:
            try:
                accepted = executor.stop(_find_run(job, run_id))
                detail = {
                    "ErrorCode": "InvalidInputException",
                    "ErrorMessage": f"Job run {run_id} is not running",
                }
            except JobRunNotFoundException as error:
                accepted = False
                detail = {"ErrorCode": "EntityNotFoundException", "ErrorMessage": error.message}
            entry = {"JobName": name, "JobRunId": run_id}
            if accepted:
                stopped.append(entry)
            else:
                errors.append({**entry, "ErrorDetail": detail})
        return ActionResult({"SuccessfulSubmissions": stopped, "Errors": errors})

    FakeJob.start_job_run = start_job_run
    FakeJob.get_job_run = _find_run
    FakeJob.get_job_runs = lambda job: list(reversed(job.job_runs))
    FakeJobRun.as_dict = _describe
    GlueResponse.batch_stop_job_run = batch_stop_job_run
    context.on_start(executor.fail_lost_runs)
