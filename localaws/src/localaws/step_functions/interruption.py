"""Lets an execution be stopped, or time out, while a state still waits for something.

moto 5.2.5 looks at a stop only between states: a task that takes an hour, or a retry's pause, would
go on to its end, and a task that was given up would still be written down as succeeded.
"""

import copy
import threading
import time
from typing import Any

from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.common.timeouts.timeout import EvalTimeoutError
from moto.stepfunctions.parser.asl.component.state.exec.execute_state import ExecutionState
from moto.stepfunctions.parser.asl.eval.environment import Environment

POLL_SECONDS = 0.1
"""How late a stop may be noticed; the end of a task is noticed at once."""


def pause(env: Environment, seconds: float) -> None:
    """Sleep, but not longer than the execution lives."""
    deadline = time.monotonic() + seconds
    while env.is_running() and (left := deadline - time.monotonic()) > 0:
        time.sleep(min(left, POLL_SECONDS))


class _Evaluation(threading.Thread):
    """Evaluates one attempt of a state in a frame of its own."""

    def __init__(self, state: ExecutionState, frame: Environment) -> None:
        super().__init__(name=f"state-{state.name}", daemon=True)
        self._state = state
        self._frame = frame
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            self._state._eval_execution(self._frame)
        # Whatever it is, it is the attempt's outcome and belongs to whoever waits for it.
        except Exception as error:  # noqa: BLE001
            self.error = error

    def wait(self, env: Environment, seconds: float) -> bool:
        """Wait for the end, a stop of the execution or the time-out; True if it has ended."""
        deadline = time.monotonic() + seconds
        while self.is_alive() and env.is_running():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            self.join(min(left, POLL_SECONDS))
        return not self.is_alive()


def _evaluate_with_timeout(state: ExecutionState, env: Environment) -> None:
    state.timeout.eval(env=env)
    timeout_seconds = env.stack.pop()
    frame = env.open_frame()
    frame.states.reset(input_value=env.states.get_input())
    frame.stack = copy.deepcopy(env.stack)
    evaluation = _Evaluation(state, frame)
    evaluation.start()
    ended = evaluation.wait(env, timeout_seconds)
    frame.set_ended()
    env.close_frame(frame)
    if not env.is_running():
        # Stopped: the state leaves without a word, the execution itself writes down why.
        return
    if evaluation.error is not None:
        raise evaluation.error
    if not ended:
        raise EvalTimeoutError
    _take_over(state, env, frame.stack.pop())


def _take_over(state: ExecutionState, env: Environment, output: Any) -> None:
    """Carry an attempt's output through the state's selector and path, as moto does."""
    env.stack.append(output)
    if not state._is_language_query_jsonpath():
        env.states.set_result(output)
    if state.assign_decl:
        state.assign_decl.eval(env=env)
    if state.result_selector:
        state.result_selector.eval(env=env)
    if state.result_path:
        state.result_path.eval(env)
    else:
        env.states.reset(input_value=env.stack.pop())


def _evaluate_retrier(retrier: retrier_decl.RetrierDecl, env: Environment) -> None:
    outcome = retrier_decl.RetrierOutcome
    retrier.error_equals.eval(env)
    if not env.stack.pop():
        env.stack.append(outcome.Skipped)
        return
    retrier.max_attempts.eval(env=env)
    if env.stack.pop() == retrier_decl.MaxAttemptsOutcome.EXHAUSTED:
        env.stack.append(outcome.Failed)
        return
    retrier.interval_seconds.eval(env=env)
    retrier.backoff_rate.eval(env=env)
    retrier.max_delay_seconds.eval(env=env)
    retrier.jitter_strategy.eval(env=env)
    pause(env, env.stack.pop())
    env.stack.append(outcome.Executed)


def install() -> None:
    """Put the interruptible waits in place of moto's."""
    ExecutionState._evaluate_with_timeout = _evaluate_with_timeout
    retrier_decl.RetrierDecl._eval_body = _evaluate_retrier
