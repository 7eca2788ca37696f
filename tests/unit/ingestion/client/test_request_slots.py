"""The account's request limit, shared through the bucket."""

from typing import Any

import pytest

from ingestion.client.request_slots import HEADROOM, RequestSlots
from ingestion.deadline import Deadline, DeadlineReached
from ingestion.object_store import PreconditionFailed


class SharedState:
    """A bucket with one object and conditional writes."""

    bucket = "data"

    def __init__(self) -> None:
        self.document: Any = None
        self.version = 0
        self.conflicts = 0

    def read_json(self, key: str) -> tuple[Any, str] | None:
        return None if self.document is None else (self.document, str(self.version))

    def write_json(
        self, key: str, document: Any, *, if_match: str | None = None, if_absent: bool = False
    ) -> str:
        if self.conflicts:
            self.conflicts -= 1
            raise PreconditionFailed(key)
        if (if_absent and self.document is not None) or (if_match not in {None, str(self.version)}):
            raise PreconditionFailed(key)
        self.document, self.version = document, self.version + 1
        return str(self.version)

    def update_json(self, key: str, change: Any) -> Any:
        self.document, self.version = change(self.document), self.version + 1
        return self.document


class Time:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def slots(state: SharedState, time: Time, per_minute: int = 600) -> RequestSlots:
    return RequestSlots(state, "state/request_slots.json", per_minute, clock=time, sleep=time.sleep)  # type: ignore[arg-type]


def test_lone_function_gets_nearly_all_of_the_limit_and_never_more() -> None:
    time, moments = Time(), []
    limit = slots(SharedState(), time)
    for _ in range(3_000):
        limit.wait(Deadline(900))
        moments.append(time.now)
    busiest = max(sum(start <= at < start + 60 for at in moments) for start in moments[:2_000:50])
    assert 570 <= busiest <= 600


def test_functions_that_take_turns_stay_under_the_limit_together() -> None:
    state, time, moments = SharedState(), Time(), []
    functions = [slots(state, time) for _ in range(4)]
    for number in range(2_400):
        functions[number % 4].wait(Deadline(900))
        moments.append(time.now)
    busiest = max(sum(start <= at < start + 60 for at in moments) for start in moments[:1_800:50])
    assert busiest <= 600


def test_next_function_goes_on_where_the_last_one_stopped() -> None:
    state, time = SharedState(), Time()
    first = slots(state, time)
    for _ in range(10):
        first.wait(Deadline(900))
    reserved_until = state.document["reserved_until"]
    slots(state, time).wait(Deadline(900))
    assert time.now >= reserved_until - 60 / (600 * HEADROOM)


def test_conflicting_reservation_is_retried() -> None:
    state, time = SharedState(), Time()
    state.conflicts = 5
    slots(state, time).wait(Deadline(900))
    assert state.document is not None


def test_429_holds_back_every_function() -> None:
    state, time = SharedState(), Time()
    one, other = slots(state, time), slots(state, time)
    one.hold(20)
    began = time.now
    other.wait(Deadline(900))
    assert time.now - began >= 20


def test_slot_after_the_deadline_is_not_waited_for() -> None:
    state, time = SharedState(), Time()
    state.document = {"reserved_until": time.now + 100}
    with pytest.raises(DeadlineReached):
        slots(state, time).wait(Deadline(50, clock=time))
