"""The account's state on disk: what lets it survive ``down``, ``up`` and a kill."""

from localaws.state.store import RestoreReport, StateStore

__all__ = ["RestoreReport", "StateStore"]
