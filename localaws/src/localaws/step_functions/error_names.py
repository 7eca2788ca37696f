"""Matches error names against ``ErrorEquals`` as Step Functions documents it."""

from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import (
    CustomErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.error_equals_decl import (
    ErrorEqualsDecl,
)
from moto.stepfunctions.parser.asl.component.common.error_name.error_name import ErrorName
from moto.stepfunctions.parser.asl.eval.environment import Environment

ALL = "States.ALL"
TASK_FAILED = "States.TaskFailed"
_NEVER_CAUGHT_BY_ALL = frozenset({"States.DataLimitExceeded", "States.Runtime"})
_NO_TASK_FAILURE = frozenset({"States.Timeout", *_NEVER_CAUGHT_BY_ALL})


def matches(wanted: list[str], error: str | None) -> bool:
    """Tell whether one of the names in ``ErrorEquals`` stands for an error.

    Examples
    --------
    >>> matches(["States.TaskFailed"], "ValueError")
    True
    >>> matches(["States.TaskFailed"], "States.Timeout")
    False
    """
    if error in wanted:
        return True
    if ALL in wanted and error not in _NEVER_CAUGHT_BY_ALL:
        return True
    return TASK_FAILED in wanted and error not in _NO_TASK_FAILURE


def install() -> None:
    """Put this in place of moto's matching."""

    def evaluate(declaration: ErrorEqualsDecl, env: Environment) -> None:
        error: ErrorName = env.stack.pop()
        wanted = [name.error_name for name in declaration.error_names]
        env.stack.append(matches(wanted, error.error_name if error else None))

    ErrorEqualsDecl._eval_body = evaluate
    # moto refuses names that begin with "States." here, and so fails with an error of its own when
    # an iteration of a Map or a branch of a Parallel state fails with one of them.
    CustomErrorName.__init__ = ErrorName.__init__
