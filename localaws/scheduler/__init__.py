"""Fires the schedules of EventBridge Scheduler, by hand."""

from localaws.scheduler.fire import install

__all__ = ["install"]
