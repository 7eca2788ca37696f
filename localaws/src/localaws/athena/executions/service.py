"""Athena's query executions: who may start what, where results go, what runs now."""

import threading
import time
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from moto.athena.models import AthenaBackend, WorkGroup, athena_backends

from localaws.athena.catalog.glue import Catalog
from localaws.athena.catalog.object_store import Location, ObjectStore
from localaws.athena.catalog.prepared_statements import PreparedStatements
from localaws.athena.engine.session import DEFAULT_DATABASE, Rounds, Session
from localaws.athena.errors import (
    SYSTEM,
    InvalidRequestError,
    QueryFailedError,
    failure,
)
from localaws.athena.execution import QueryExecution
from localaws.athena.executions.access import (
    FORWARDED,
    Scope,
    failure_of_denied,
    need_to_find_bucket,
    need_to_read,
)
from localaws.athena.executions.run import run_statement
from localaws.athena.sql.parameters import bind
from localaws.athena.statements.base import Statement
from localaws.athena.statements.parser import parse
from localaws.athena.statements.prepared import Execute
from localaws.context import ServerContext
from localaws.credentials import Identity
from localaws.errors import TrinoUnavailableError
from localaws.trino.access import engine_headers
from localaws.trino.client import (
    EngineError,
    EngineLostError,
    RunningQuery,
    TrinoClient,
)

_CONCURRENT_QUERIES = 20
"""Athena's default quota of running DML queries; more wait as QUEUED."""
_MOST_PATIENT_REQUESTS = 12
"""Requests that may wait for a query's end, of the server's threads: the engine needs some too."""
_KEPT_EXECUTIONS = 10_000


@dataclass(frozen=True)
class Request:
    """What StartQueryExecution was asked."""

    query: str
    workgroup: str
    catalog: str | None
    database: str | None
    result_configuration: Mapping[str, Any]
    parameters: tuple[str, ...]
    reuse_max_age_minutes: int | None
    token: str | None


class AthenaService:
    """The query executions of one account and region.

    Parameters
    ----------
    context
        The server that it runs in.
    region
        Region of the executions.
    """

    def __init__(self, context: ServerContext, region: str) -> None:
        self._context, self._region = context, region
        self._engine = TrinoClient(context.trino.url, engine_headers(context.settings))
        self._pool = ThreadPoolExecutor(_CONCURRENT_QUERIES, thread_name_prefix="athena")
        self._sessions: dict[str, Session] = {}
        self._tokens: dict[str, tuple[Request, str]] = {}
        self._lock = threading.Lock()
        self._ended = threading.Condition()
        self._patient = threading.BoundedSemaphore(_MOST_PATIENT_REQUESTS)
        self._rounds = Rounds(
            optimize_partitions=context.settings.optimize_partitions_per_run,
            vacuum_files=context.settings.vacuum_files_per_run,
        )
        self.objects = ObjectStore(context.account_id)
        self.catalog = Catalog(context.account_id, region)

    @property
    def backend(self) -> AthenaBackend:
        """Moto's side: workgroups, executions, named queries."""
        return athena_backends[self._context.account_id][self._region]

    @property
    def prepared(self) -> PreparedStatements:
        """The prepared statements."""
        return PreparedStatements(self.backend)

    # ── starting ─────────────────────────────────────────────────────────────────────────────────

    def start(self, request: Request) -> str:
        """Start a query and return its id.

        Raises
        ------
        InvalidRequestError
            Athena refuses it at once.
        """
        with self._lock:
            known = self._tokens.get(request.token or "")
        if known is not None:
            if known[0] != request:
                raise InvalidRequestError("Idempotent parameters do not match")
            return known[1]
        workgroup = self.workgroup(request.workgroup)
        caller = self._context.access.caller()
        folder, configuration = self._results_folder(request, workgroup, caller)
        statement = self._statement(request)
        statement.check(self.catalog, (request.database or DEFAULT_DATABASE).lower())
        execution = self._execution(request, statement, folder, configuration)
        acts_as = caller.role_arn or caller.arn
        self._context.trino.let_act_as(acts_as)
        session = Session(
            execution=execution,
            catalog=self.catalog,
            objects=self.objects,
            prepared=self.prepared,
            engine=self._engine,
            results_folder=folder,
            wait_for_engine=self._context.trino.wait_ready,
            acts_as=acts_as,
            bytes_cutoff=_cutoff(workgroup),
            rounds=self._rounds,
        )
        scope = Scope(self.catalog, session.database, self._region, self._context.account_id)
        if denied := failure_of_denied(self._context.access, caller, statement, scope, execution):
            self._register(request, execution)
            execution.start()
            execution.fail(denied)
            return execution.id
        reused = self._reusable(request, statement)
        if reused is None:
            session.submitted = self._submit_early(statement, session)
        self._register(request, execution)
        if reused is not None:
            _reuse(execution, reused)
        else:
            self._sessions[execution.id] = session
            self._pool.submit(self._run, statement, session)
        return execution.id

    def _submit_early(self, statement: Statement, session: Session) -> RunningQuery | None:
        """Send a query while its request waits, so that a syntax error is reported at once."""
        try:
            running = statement.submit(replace(session, wait_for_engine=self._require_engine))
            if running is not None:
                running.advance()
        except (QueryFailedError, EngineLostError):
            return None
        except EngineError as error:
            if error.error.get("errorName") == "SYNTAX_ERROR":
                raise InvalidRequestError(str(error), "MALFORMED_QUERY") from error
            # Everything else fails the execution, which runs into the same error.
            return None
        return running

    def _run(self, statement: Statement, session: Session) -> None:
        try:
            run_statement(statement, session)
        finally:
            self._sessions.pop(session.execution.id, None)
            with self._ended:
                self._ended.notify_all()

    def _require_engine(self) -> None:
        if not self._context.trino.is_ready():
            raise TrinoUnavailableError("Trino, the engine behind Athena, is not ready.")

    def _statement(self, request: Request) -> Statement:
        sql = request.query
        if request.parameters:
            sql = self._bind(sql, request.parameters)
        statement = parse(sql)
        if isinstance(statement, Execute):
            prepared = self.prepared.get(request.workgroup, statement.name)
            return parse(self._bind(prepared.query_statement, statement.parameters))
        return statement

    @staticmethod
    def _bind(sql: str, parameters: tuple[str, ...]) -> str:
        try:
            return bind(sql, parameters)
        except QueryFailedError as error:
            raise InvalidRequestError(error.message) from error

    def _execution(
        self,
        request: Request,
        statement: Statement,
        folder: str | None,
        configuration: dict[str, Any],
    ) -> QueryExecution:
        identity = str(uuid.uuid4())
        result_object = statement.result_object(identity)
        return QueryExecution(
            id=identity,
            query=request.query,
            type=statement.type,
            subtype=statement.subtype,
            workgroup=request.workgroup,
            catalog=request.catalog,
            database=request.database,
            result_configuration=configuration,
            output_location=f"{folder}{result_object}" if folder else None,
            parameters=list(request.parameters) or None,
            reuse_max_age_minutes=request.reuse_max_age_minutes,
        )

    def _register(self, request: Request, execution: QueryExecution) -> None:
        with self._lock:
            executions = self.backend.executions
            executions[execution.id] = execution
            if request.token:
                self._tokens[request.token] = (request, execution.id)
            while len(executions) > _KEPT_EXECUTIONS:
                executions.pop(next(iter(executions)))

    # ── workgroups ───────────────────────────────────────────────────────────────────────────────

    def workgroup(self, name: str) -> WorkGroup:
        """Return a workgroup that takes queries."""
        workgroup = self.backend.work_groups.get(name)
        if workgroup is None:
            raise InvalidRequestError(f"WorkGroup {name} is not found.")
        if workgroup.state == "DISABLED":
            raise InvalidRequestError(f"WorkGroup {name} is disabled.")
        return workgroup

    def _results_folder(
        self, request: Request, workgroup: WorkGroup, caller: Identity
    ) -> tuple[str | None, dict[str, Any]]:
        own = workgroup.configuration.get("ResultConfiguration") or {}
        given = dict(request.result_configuration)
        enforced = workgroup.configuration.get("EnforceWorkGroupConfiguration", False)
        configuration = dict(own) if enforced else {**own, **given}
        location = configuration.pop("OutputLocation", None)
        if not location:
            raise InvalidRequestError(
                "No output location provided. An output location is required either through the "
                "Workgroup result configuration setting or as an API input."
            )
        try:
            target = Location.parse(location)
        except QueryFailedError as error:
            raise InvalidRequestError(
                f"outputLocation is not a valid S3 path. Provided {location}"
            ) from error
        if not self.objects.has_bucket(target.bucket):
            raise InvalidRequestError(f"Unable to verify/create output bucket {target.bucket}")
        if self._context.access.why_denied(caller, [need_to_find_bucket(target)], FORWARDED):
            raise InvalidRequestError(
                f"Unable to verify/create output bucket {target.bucket}. Please check your "
                "permissions to the bucket"
            )
        return f"s3://{target.bucket}/{target.prefix}", configuration

    # ── reuse ────────────────────────────────────────────────────────────────────────────────────

    def _reusable(self, request: Request, statement: Statement) -> QueryExecution | None:
        """Find a recent result of the same query, if the request asks for it."""
        if request.reuse_max_age_minutes is None:
            return None
        if not statement.is_reusable:
            return None
        oldest = time.time() - request.reuse_max_age_minutes * 60
        wanted = (request.query, request.workgroup, request.catalog, request.database)
        for execution in reversed(list(self.backend.executions.values())):
            if execution.submitted_at < oldest:
                return None
            same = (
                execution.query,
                execution.workgroup,
                execution.catalog,
                execution.database,
            ) == wanted and tuple(execution.parameters or ()) == request.parameters
            if same and execution.state == "SUCCEEDED" and self._has_result(execution):
                found: QueryExecution = execution
                return found
        return None

    def _has_result(self, execution: QueryExecution) -> bool:
        location = execution.output_location
        return location is not None and self.objects.size(Location.parse(location)) is not None

    # ── watching and stopping ────────────────────────────────────────────────────────────────────

    def execution(self, identity: str) -> QueryExecution:
        """Return an execution."""
        found: QueryExecution | None = self.backend.executions.get(identity)
        if found is None:
            raise InvalidRequestError(f"QueryExecution {identity} was not found")
        return found

    def awaited_execution(self, identity: str, seconds: float) -> QueryExecution:
        """Return an execution when it has ended, or as it is after some seconds."""
        execution = self.execution(identity)
        if not execution.is_final and self._patient.acquire(blocking=False):
            try:
                with self._ended:
                    self._ended.wait_for(lambda: execution.is_final, seconds)
            finally:
                self._patient.release()
        return execution

    def require_readable(self, execution: QueryExecution) -> None:
        """Refuse to show a result to a caller who may not read its object.

        Raises
        ------
        InvalidRequestError
            The caller lacks ``s3:GetObject`` on it.
        """
        location = execution.output_location
        if location is None:
            return
        access = self._context.access
        reason = access.why_denied(access.caller(), [need_to_read(location)], FORWARDED)
        if reason is not None:
            raise InvalidRequestError(f"Access denied to the query's result in S3. {reason}")

    def stop(self, identity: str) -> None:
        """Cancel an execution; one that has ended is left as it is."""
        self.execution(identity)
        session = self._sessions.get(identity)
        if session is not None:
            session.stop.set()

    def fail_interrupted(self) -> None:
        """End what a server that is gone was running."""
        for execution in self.backend.executions.values():
            if isinstance(execution, QueryExecution) and not execution.is_final:
                execution.fail(
                    failure(
                        "GENERIC_INTERNAL_ERROR",
                        "localaws was stopped while the query ran. Send the query once more",
                        SYSTEM,
                    )
                )

    def stop_all(self) -> None:
        """Cancel everything."""
        for session in list(self._sessions.values()):
            session.stop.set()


def _cutoff(workgroup: WorkGroup) -> int | None:
    limit = workgroup.configuration.get("BytesScannedCutoffPerQuery")
    return None if limit is None else int(limit)


def _reuse(execution: QueryExecution, previous: QueryExecution) -> None:
    execution.start()
    execution.columns = previous.columns
    execution.output_location = previous.output_location
    execution.statistics = replace(previous.statistics, bytes_scanned=0, engine_ms=0)
    execution.reused_from = previous.id
    execution.succeed()
