"""The execution role of a function: checked when it is made or changed, assumed when it runs."""

from typing import Any

from moto.awslambda.exceptions import LambdaClientError
from moto.awslambda.models import LambdaBackend, LambdaFunction

from localaws.context import ServerContext
from localaws.context.access import RoleNotAssumableError
from localaws.credentials import Identity

SERVICE = "lambda.amazonaws.com"
_NOT_ASSUMABLE = "The role defined for the function cannot be assumed by Lambda."


def session(context: ServerContext, function: LambdaFunction) -> Identity:
    """Return the session with which a function runs.

    Raises
    ------
    moto.awslambda.exceptions.LambdaClientError
        Lambda may not assume the role any more.
    """
    try:
        return context.access.role_session(
            function.role, SERVICE, function.function_name, function.function_arn
        )
    except RoleNotAssumableError as error:
        raise LambdaClientError("AccessDeniedException", f"{_NOT_ASSUMABLE} {error}") from error


def install(context: ServerContext) -> None:
    """Refuse a role that Lambda may not assume, as CreateFunction does."""
    create = LambdaBackend.create_function
    update = LambdaFunction.update_configuration

    def check(role_arn: str, function_arn: str) -> None:
        try:
            context.access.check_role(role_arn, SERVICE, function_arn)
        except RoleNotAssumableError as error:
            raise LambdaClientError(
                "InvalidParameterValueException", f"{_NOT_ASSUMABLE} {error}"
            ) from error

    def create_function(backend: LambdaBackend, spec: dict[str, Any]) -> LambdaFunction:
        place = f"{backend.region_name}:{backend.account_id}"
        check(str(spec.get("Role")), f"arn:aws:lambda:{place}:function:{spec.get('FunctionName')}")
        function: LambdaFunction = create(backend, spec)
        return function

    def update_configuration(function: LambdaFunction, changes: dict[str, Any]) -> Any:
        if changes.get("Role"):
            check(str(changes["Role"]), function.function_arn)
        return update(function, changes)

    LambdaBackend.create_function = create_function
    LambdaFunction.update_configuration = update_configuration
