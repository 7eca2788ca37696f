"""A Choice state without a match fails with an error that can be caught.

A Choice has no ``Catch`` of its own: the Parallel or Map around it may catch
``States.NoChoiceMatched`` ("Choice workflow state" in the developer guide).
"""

from moto.stepfunctions.parser.api import ExecutionFailedEventDetails, HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.component.state.choice.state_choice import StateChoice
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails


def _evaluate(state: StateChoice, env: Environment) -> None:
    for rule in state.choices_decl.rules:
        rule.eval(env)
        if env.stack.pop() is True:
            env.stack.append(rule.next_stmt.name)
            return
    if state.default_state is None:
        raise FailureEventException(_no_match(state, env))
    env.stack.append(state.default_state.state_name)


def _no_match(state: StateChoice, env: Environment) -> FailureEvent:
    kind = StatesErrorNameType.StatesNoChoiceMatched
    cause = f"No choice rule of the state '{state.name}' matched, and it has no default"
    return FailureEvent(
        env=env,
        error_name=StatesErrorName(typ=kind),
        event_type=HistoryEventType.ExecutionFailed,
        event_details=EventDetails(
            executionFailedEventDetails=ExecutionFailedEventDetails(
                error=kind.to_name(), cause=cause
            )
        ),
    )


def install() -> None:
    """Put this in place of moto's, whose RuntimeError nothing can catch."""
    StateChoice._eval_state = _evaluate
