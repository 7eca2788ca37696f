"""One AWS account in a process: moto, its executors, Trino and the state, put together."""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from moto.core.base_backend import BackendDict
from moto.core.common_models import BaseModel

from localaws.authorization.access import Access
from localaws.authorization.gate import AuthorizationGate
from localaws.authorization.judge import Judge
from localaws.authorization.report import report, what_each_grant_carries
from localaws.authorization.roles import ServiceRoles
from localaws.child_processes.processes import ChildProcesses
from localaws.connections.home_key import home_key
from localaws.credentials import KeyRing, sts
from localaws.credentials.authentication import Authentication
from localaws.errors import StateError
from localaws.faults.controls import controls
from localaws.faults.gate import FaultGate
from localaws.faults.rules import Faults
from localaws.server.account_facts import MotoFacts
from localaws.server.runtime import Runtime
from localaws.server.same_machine import SameMachineOnly
from localaws.server.wsgi import AwsApplication
from localaws.settings import Settings
from localaws.state import RestoreReport, StateStore, objects
from localaws.trino.process import TrinoProcess

logger = logging.getLogger(__name__)


class Account:
    """The account behind one server.

    Parameters
    ----------
    settings
        Settings of this account.
    endpoint_url
        Where it will be served.
    children
        Starts child processes.
    on_change
        Called when a pid has changed.
    """

    def __init__(
        self,
        settings: Settings,
        endpoint_url: str,
        children: ChildProcesses,
        on_change: Callable[[], None],
    ) -> None:
        self._settings = settings
        BaseModel.__new__ = _new_untracked
        self._objects = objects.install(settings.state_dir / "objects")
        self._state = StateStore(settings.state_dir, self._objects)
        self._changed = threading.Event()
        self._closing = threading.Event()
        self._restored = RestoreReport()
        self._last_error: str | None = None
        self._last_saved_at: datetime | None = None
        self.application = AwsApplication(on_change=self._changed.set)
        self.keys = KeyRing(home_key(settings), settings.account_id)
        sts.install(self.keys)
        self._judge = Judge(
            settings.account_id, settings.region, settings.iam, traces=settings.iam_trace
        )
        self._roles = ServiceRoles(self._judge, self.keys, settings.account_id)
        self._faults = Faults()
        self._add_gates(endpoint_url)
        self.runtime = Runtime(
            settings=settings,
            endpoint_url=endpoint_url,
            children=children,
            trino=TrinoProcess(
                settings,
                endpoint_url,
                children,
                self.keys.engine.environment(),
                on_change,
                operator_arn=self.keys.operator.arn,
            ),
            application=self.application,
            access=Access(self._judge, self._roles, self.keys),
        )
        self._children = children
        self.runtime.install_executors()
        self.application.add_control("status", lambda _: self.report())
        self.application.add_control("wait-for-trino", self._wait_for_trino)
        self.application.add_control("save", lambda _: self._save_now())
        self.application.add_control("iam-report", lambda _: report(self._judge))
        self.application.add_control("iam-grants", lambda _: what_each_grant_carries(self._judge))
        self.application.add_control("reset", lambda _: self._reset())
        for name, handler in controls(self._faults).items():
            self.application.add_control(name, handler)

    def _add_gates(self, endpoint_url: str) -> None:
        """Put up what a request must pass, in this order."""
        account_id = self._settings.account_id
        self.application.add_gate(SameMachineOnly(endpoint_url))
        self.application.add_gate(Authentication(self.keys))
        self.application.add_gate(AuthorizationGate(self._judge, MotoFacts(account_id), account_id))
        self.application.add_gate(FaultGate(self._faults, account_id))

    def restore(self) -> None:
        """Bring back the saved state."""
        self._restored = self._state.restore()
        self._last_saved_at = self._restored.saved_at
        if self._restored.set_aside:
            path, reason = self._restored.set_aside
            logger.error("The saved state was set aside in %s: %s", path, reason)

    def start(self) -> None:
        """Start what runs beside the requests: Trino, the executors' threads, the saving."""
        if self._settings.trino_eager:
            self.runtime.trino.start()
        self.runtime.started()
        threading.Thread(target=self._save_in_background, name="state-saver", daemon=True).start()

    def close(self) -> None:
        """Stop the executors and save for the last time."""
        self._closing.set()
        self.runtime.stopping()
        self.runtime.trino.stop()
        try:
            self._state.save(clean=True)
        except StateError as error:
            logger.error("%s", error)  # noqa: TRY400 - the text says it all
        self._objects.freeze()

    def report(self) -> dict[str, Any]:
        """Return what ``up`` and ``status`` tell about this account."""
        set_aside = self._restored.set_aside
        return {
            "endpoint_url": self.runtime.endpoint_url,
            "trino_url": self.runtime.trino.url,
            "trino_ready": self.runtime.trino.is_ready(),
            "processes": self._children.running(),
            "restored_from": _iso(self._restored.saved_at),
            "restored_clean": self._restored.clean,
            "set_aside": [str(set_aside[0]), set_aside[1]] if set_aside else None,
            "last_saved_at": _iso(self._last_saved_at),
            "save_error": self._last_error,
        }

    def _wait_for_trino(self, _payload: dict[str, Any]) -> dict[str, Any]:
        self.runtime.trino.wait_ready()
        return {"trino_url": self.runtime.trino.url}

    def _save_in_background(self) -> None:
        """Save after changes, and once more a while after the last: threads change things too."""
        trailing = False
        while not self._closing.wait(self._settings.save_interval_seconds):
            changed = self._changed.is_set()
            if not (changed or trailing):
                continue
            self._changed.clear()
            trailing = changed
            try:
                self._save_now()
            except StateError as error:
                self._changed.set()
                logger.error("%s", error)  # noqa: TRY400 - the text says it all

    def _save_now(self) -> dict[str, Any]:
        try:
            self._state.save()
        except StateError as error:
            self._last_error = str(error)
            raise
        self._last_error = None
        self._last_saved_at = datetime.now(UTC)
        return {"saved_at": _iso(self._last_saved_at)}

    def _reset(self) -> dict[str, Any]:
        """Empty the account, on disk too."""
        self.runtime.resetting()
        BackendDict.reset()
        self.keys.forget_sessions()
        self._faults.reset()
        self._roles.forget()
        self._judge.forget()
        self.application.forget_services()
        self._state.clear()
        self._changed.clear()
        return {}


def _new_untracked(cls: type, *_args: Any, **_options: Any) -> Any:
    """Make a model without moto's list of all models ever made, which keeps each one for ever."""
    return object.__new__(cls)


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
