"""Stacks that are created, updated and deleted as on AWS.

What moto 5.2.5 does otherwise:

- It ignores a resource type that it does not know; here the call fails and names it.
- It updates what has another text in the template; here what has other resolved properties, in the
  order of references, so that a change reaches those that refer to a replaced resource.
- It leaves half a stack after a failure; here that is rolled back, and events say why.
- It keeps what has the deletion policy ``Retain`` only when a stack is deleted.
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from moto.cloudformation.exceptions import AlreadyExistsException, ValidationError
from moto.cloudformation.models import CloudFormationBackend, Event, Stack
from moto.cloudformation.parsing import ResourceMap
from moto.cloudformation.utils import generate_stack_id

from localaws.cloudformation import stack_resources, template_checks
from localaws.cloudformation.stack_resources import ResourceFailedError

MOTO_OUTPUTS = Stack.outputs


def install() -> None:
    """Replace what moto does."""
    template_checks.install()
    Stack.create_resources = create_resources
    Stack.update = update_stack
    Stack.delete = delete_resources
    Stack.stack_resources = property(_stack_resources)
    Stack.outputs = property(_outputs)
    Stack.stack_parameters = property(_parameters)
    Stack.parameter_list = property(_parameter_list)
    CloudFormationBackend.create_stack = create_stack
    CloudFormationBackend.delete_stack = delete_stack
    CloudFormationBackend._resolve_update_parameters = _update_parameters


def create_stack(backend: Any, name: str, template: str, parameters: Any, **options: Any) -> Any:
    """Create a stack; its status and events report a failure, as on AWS."""
    if any(stack.name == name for stack in backend.stacks.values()):
        raise AlreadyExistsException(f"Stack [{name}] already exists")
    stack = Stack(
        stack_id=generate_stack_id(name, backend.region_name, backend.account_id),
        name=name,
        template=template,
        parameters=parameters,
        account_id=backend.account_id,
        region_name=backend.region_name,
        cross_stack_resources=backend.exports,
        **options,
    )
    backend.stacks[stack.stack_id] = stack
    stack._add_stack_event("CREATE_IN_PROGRESS", resource_status_reason="User Initiated")
    stack.create_resources()
    register_exports(backend, stack)
    return stack


def create_resources(stack: Any) -> None:
    """Create the resources of a new stack, or none of them."""
    stack.status = "CREATE_IN_PROGRESS"
    stack.description = stack.template_dict.get("Description")
    try:
        stack_resources.create_all(stack.resource_map, telling_of(stack, "CREATE"))
    except ResourceFailedError as failure:
        stack._add_stack_event(
            "ROLLBACK_IN_PROGRESS",
            f"The following resource(s) failed to create: [{failure.logical_id}]. ",
        )
        retained = stack_resources.RETAINED_IN_ROLLBACK
        _roll_back(
            stack,
            lambda: stack_resources.delete_all(stack.resource_map, retained=retained),
            "ROLLBACK",
        )
        return
    stack.status = "CREATE_COMPLETE"
    stack._add_stack_event("CREATE_COMPLETE")


def update_stack(
    stack: Any,
    template: str,
    role_arn: str | None = None,
    parameters: dict[str, Any] | None = None,
    tags: dict[str, str] | None = None,
) -> None:
    """Update a stack, or leave it as it was."""
    if stack.status.startswith(("ROLLBACK", "REVIEW_IN_PROGRESS")):
        raise ValidationError(
            message=f"Stack:{stack.stack_id} is in {stack.status} state and can not be updated."
        )
    old = stack.template, stack.parameters
    new = template, old[1] if parameters is None else parameters
    if Stack.parse_template(new[0]) == Stack.parse_template(old[0]) and new[1] == old[1]:
        raise ValidationError(message="No updates are to be performed.")
    check(stack, *new)
    stack._add_stack_event("UPDATE_IN_PROGRESS", resource_status_reason="User Initiated")
    stack.status = "UPDATE_IN_PROGRESS"
    try:
        _apply(stack, *new, stack_resources.update_all)
    except ResourceFailedError as failure:
        stack._add_stack_event(
            "UPDATE_ROLLBACK_IN_PROGRESS",
            f"The following resource(s) failed to update: [{failure.logical_id}]. ",
        )
        _roll_back(
            stack, lambda: _apply(stack, *old, stack_resources.undo_update), "UPDATE_ROLLBACK"
        )
        return
    stack.role_arn = role_arn
    stack.tags = stack.tags if tags is None else tags
    stack.status = "UPDATE_COMPLETE"
    stack._add_stack_event("UPDATE_COMPLETE")


def delete_resources(stack: Any) -> None:
    """Delete the resources of a stack."""
    stack._add_stack_event("DELETE_IN_PROGRESS", resource_status_reason="User Initiated")
    stack.status = "DELETE_IN_PROGRESS"
    try:
        stack_resources.delete_all(stack.resource_map, telling_of(stack, "DELETE"))
    except ResourceFailedError as failure:
        stack.status = "DELETE_FAILED"
        stack._add_stack_event(
            "DELETE_FAILED",
            f"The following resource(s) failed to delete: [{failure.logical_id}]. ",
        )
        raise
    stack.status = "DELETE_COMPLETE"
    stack._add_stack_event("DELETE_COMPLETE")


def delete_stack(backend: Any, name_or_stack_id: str) -> None:
    """Delete a stack; it stays, with status DELETE_FAILED, if one of its resources does."""
    for stack_id, stack in list(backend.stacks.items()):
        if name_or_stack_id not in {stack_id, stack.name}:
            continue
        exports = [] if stack.status.startswith("ROLLBACK") else [e.name for e in stack.exports]
        with contextlib.suppress(ResourceFailedError):
            stack.delete()
            del backend.stacks[stack_id]
            backend.deleted_stacks[stack_id] = stack
            for name in exports:
                backend.exports.pop(name, None)


def _apply(
    stack: Any, template: str, parameters: dict[str, Any], change: Callable[..., None]
) -> None:
    stack.template, stack.parameters = template, parameters
    stack._parse_template()
    stack.description = stack.template_dict.get("Description")
    change(stack.resource_map, stack.template_dict, parameters, telling_of(stack, "UPDATE"))
    stack.output_map = stack._create_output_map()


def check(stack: Any, template: str, parameters: dict[str, Any]) -> None:
    """Refuse a template before anything is touched."""
    ResourceMap(
        stack.stack_id,
        stack.name,
        parameters,
        stack.tags,
        account_id=stack.account_id,
        region_name=stack.region_name,
        template=Stack.parse_template(template),
        cross_stack_resources=stack.cross_stack_resources,
    ).load()


def _roll_back(stack: Any, undo: Callable[[], None], status: str) -> None:
    try:
        undo()
        stack.status = f"{status}_COMPLETE"
        stack._add_stack_event(stack.status)
    except ResourceFailedError as failure:
        stack.status = f"{status}_FAILED"
        stack._add_stack_event(stack.status, f"Not rolled back: {failure}")
    if status == "ROLLBACK":  # or the next look at the stack would create what it describes
        stack.resource_map._resource_json_map = {}


def telling_of(stack: Any, action: str) -> "stack_resources.Telling":
    """Return what adds an event to a stack for each resource."""

    @contextlib.contextmanager
    def telling(logical_id: str, resource_type: str) -> Iterator[None]:
        def add(status: str, reason: str | None = None) -> None:
            resource = stack.resource_map._parsed_resources.get(logical_id)
            stack.events.append(
                Event(
                    stack_id=stack.stack_id,
                    stack_name=stack.name,
                    logical_resource_id=logical_id,
                    physical_resource_id=str(getattr(resource, "physical_resource_id", "") or ""),
                    resource_type=resource_type,
                    resource_status=f"{action}_{status}",
                    resource_status_reason=reason,
                    resource_properties=None,
                )
            )

        add("IN_PROGRESS")
        try:
            yield
        except ResourceFailedError as error:
            add("FAILED", error.reason)
            raise
        add("COMPLETE")

    return telling


def register_exports(backend: Any, stack: Any) -> None:
    """Let other stacks import what a stack exports."""
    if stack.status == "CREATE_COMPLETE":
        backend._validate_export_uniqueness(stack)
        backend.exports.update({export.name: export for export in stack.exports})


def _stack_resources(stack: Any) -> list[Any]:
    """Return what there is; moto creates what there is not when it is asked for a list."""
    parsed = stack.resource_map._parsed_resources
    names = stack.resource_map._resource_json_map
    return [parsed[name] for name in names if parsed.get(name) is not None]


def _outputs(stack: Any) -> list[dict[str, Any]] | None:
    """Return the outputs of a stack that is complete."""
    if stack.status.endswith("_IN_PROGRESS") or stack.status.startswith("ROLLBACK"):
        return None
    outputs: list[dict[str, Any]] | None = MOTO_OUTPUTS.fget(stack)
    return outputs


def _update_parameters(
    _backend: Any, instance: Any, incoming_params: list[dict[str, Any]]
) -> dict[str, str]:
    """Return the values of an update. A previous value may be a default."""
    previous = getattr(instance, "stack_parameters", instance.parameters)
    return {
        item["ParameterKey"]: previous[item["ParameterKey"]]
        if item.get("UsePreviousValue")
        else item["ParameterValue"]
        for item in incoming_params
    }


def _parameters(stack: Any) -> dict[str, str]:
    """Return the parameters as they were given: texts, also for numbers and lists."""
    return {
        name: ",".join(str(item) for item in value) if isinstance(value, list) else str(value)
        for name, value in stack.resource_map.resolved_parameters.items()
    }


def _parameter_list(stack: Any) -> list[dict[str, str]]:
    hidden = stack.resource_map.no_echo_parameter_keys
    return [
        {"ParameterKey": name, "ParameterValue": "****" if name in hidden else value}
        for name, value in stack.stack_parameters.items()
    ]
