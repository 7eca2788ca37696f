"""Turn moto's backends into bytes and back.

They hold things that cannot be pickled, such as locks, threads and clients. What of these means
nothing after a restart is replaced by a fresh one.
"""

import io
import pickle
import sys
import threading
import weakref
from typing import Any

import cloudpickle
from botocore.client import BaseClient
from moto.core.base_backend import AccountSpecificBackend, BackendDict

LOCK_TYPE = type(threading.Lock())
RLOCK_TYPE = type(threading.RLock())

Backends = dict[tuple[str, str], dict[str, dict[str, Any]]]
"""``{(module, attribute): {account: {region: backend}}}``."""


def collect_backends() -> Backends:
    """Return the backends of all services that have been used."""
    return {
        _address(backend_dict): {
            account: dict(regions.items()) for account, regions in dict.items(backend_dict)
        }
        for backend_dict in list(BackendDict._instances)
    }


def put_back(backends: Backends) -> None:
    """Make moto use these backends."""
    for (module, attribute), accounts in backends.items():
        backend_dict = _find(module, attribute)
        for account, regions in accounts.items():
            for region, backend in regions.items():
                backend_dict[account][region] = backend


class StatePickler(cloudpickle.Pickler):
    """Pickles the state; functions and classes made at run time by value, as cloudpickle does."""

    def persistent_id(self, obj: Any) -> tuple[str, ...] | None:
        """Refer to moto's global tables by name instead of copying them."""
        if isinstance(obj, BackendDict):
            return ("service", *_address(obj))
        if isinstance(obj, AccountSpecificBackend):
            for backend_dict in BackendDict._instances:
                if dict.get(backend_dict, obj.account_id) is obj:
                    return ("account", *_address(backend_dict), obj.account_id)
        return None

    def reducer_override(self, obj: Any) -> Any:
        """Replace what lives only as long as the process."""
        if isinstance(obj, LOCK_TYPE):
            return threading.Lock, ()
        if isinstance(obj, RLOCK_TYPE):
            return threading.RLock, ()
        if isinstance(obj, threading.Thread):
            return threading.Thread, ()
        if isinstance(obj, weakref.ReferenceType):
            return _reference, (obj(),)
        if isinstance(obj, (BaseClient, io.IOBase)):
            return type(None), ()
        return super().reducer_override(obj)


class StateUnpickler(pickle.Unpickler):
    """Reads what ``StatePickler`` wrote."""

    def persistent_load(self, reference: Any) -> Any:
        """Find one of moto's global tables."""
        kind, module, attribute, *account = reference
        backend_dict = _find(module, attribute)
        return backend_dict if kind == "service" else backend_dict[account[0]]


def _reference(target: Any) -> Any:
    """Refer weakly to a restored object; one that is gone is gone after the restart, too."""
    return weakref.ref(target if target is not None else _Gone())


class _Gone:
    """What a dead weak reference refers to: nothing holds it, so it dies at once."""


def _address(backend_dict: Any) -> tuple[str, str]:
    """Return module and name of the global variable that holds the table of a service."""
    if not hasattr(backend_dict, "_localaws_address"):
        module = backend_dict.backend.__module__
        name = next(
            name for name, value in vars(sys.modules[module]).items() if value is backend_dict
        )
        backend_dict._localaws_address = (module, name)
    address: tuple[str, str] = backend_dict._localaws_address
    return address


def _find(module: str, attribute: str) -> Any:
    __import__(module)
    return getattr(sys.modules[module], attribute)
