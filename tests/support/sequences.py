"""Random sequences of nights: two weeks of an operator, a schedule and bad luck."""

import os
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

FIRST_AS_OF = datetime(2026, 3, 2, 2, tzinfo=UTC)

SEED = int(os.environ.get("NIGHTS_SEED", "7"))
STEPS = int(os.environ.get("NIGHTS_STEPS", "6"))

WHOLE = "whole"
FAILURES = ("fails before normalize", "fails before dbt", "fails within dbt")


@dataclass(frozen=True)
class Step:
    """One execution of the state machine.

    Parameters
    ----------
    night
        Number of the night whose logical time it has, from 0.
    hours_later
        How long after the newest night's logical time it really runs.
    fate
        Whether it succeeds, or where it fails.
    backfill_days
        First and last day of a backfill, in days before the night; None for a plain night.
    """

    night: int
    hours_later: int = 0
    fate: str = WHOLE
    backfill_days: tuple[int, int] | None = None

    @property
    def as_of(self) -> datetime:
        """The logical time."""
        return FIRST_AS_OF + timedelta(days=self.night)

    @property
    def execution_input(self) -> dict[str, str]:
        """What a person types after ``make nightly``."""
        given = {"as_of": f"{self.as_of:%Y-%m-%dT%H:%M:%SZ}"}
        if self.backfill_days is not None:
            first, last = (self.as_of.date() - timedelta(days=n) for n in self.backfill_days)
            given |= {"start_date": first.isoformat(), "end_date": last.isoformat()}
        return given


def draw(seed: int, steps: int) -> list[Step]:
    """Return a sequence that begins with the first night and ends with a new one.

    An old night and a backfill that fail are run again at once, as the failure's message tells the
    operator; a failed new night may be left to the next one, which reads its days again.
    """
    chance = random.Random(seed)
    drawn, newest, hours = [Step(0)], 0, 0
    while len(drawn) < steps:
        kind = chance.choice(["next", "next", "skip", "old", "old", "backfill"])
        fate = chance.choice([WHOLE, WHOLE, WHOLE, *FAILURES])
        if kind in ("next", "skip"):
            newest, hours = newest + (1 if kind == "next" else 2), 0
            drawn.append(Step(newest, hours, fate))
            continue
        hours = min(hours + chance.randrange(1, 9), 20)
        if kind == "old":
            step = Step(chance.randrange(newest + 1), hours, fate)
        else:
            first = chance.randrange(2, 14)
            step = Step(newest, hours, fate, (first, chance.randrange(1, first + 1)))
        drawn.append(step)
        if fate != WHOLE:
            drawn.append(Step(step.night, hours, WHOLE, step.backfill_days))
    return [*drawn, Step(newest + 1)]
