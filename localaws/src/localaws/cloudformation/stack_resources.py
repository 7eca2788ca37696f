"""The resources of one stack: created, updated and deleted in the order of their references."""

import copy
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from moto.cloudformation import parsing

from localaws.cloudformation import property_schemas, template_checks
from localaws.cloudformation.api_resource import ApiResource
from localaws.cloudformation.dependencies import in_order
from localaws.cloudformation.removals import remove

RETAINED = frozenset({"Retain", "RetainExceptOnCreate"})
RETAINED_IN_ROLLBACK = frozenset({"Retain"})
"""``RetainExceptOnCreate`` deletes what the operation that is rolled back has created, and retains
in all other operations (user guide, "DeletionPolicy attribute")."""

Telling = Callable[[str, str], AbstractContextManager[None]]
"""Called with logical id and type around each step."""


class ResourceFailedError(Exception):
    """A resource could not be created, updated or deleted."""

    def __init__(self, logical_id: str, reason: str) -> None:
        super().__init__(f"{logical_id}: {reason}")
        self.logical_id = logical_id
        self.reason = reason


def _silent(_logical_id: str, _resource_type: str) -> AbstractContextManager[None]:
    return nullcontext()


def create_all(resource_map: Any, telling: Telling = _silent) -> None:
    """Create what a template asks for.

    Raises
    ------
    ResourceFailedError
        One could not be created; those before it are there.
    """
    _begin(resource_map)
    for logical_id in wanted(resource_map):
        _step(resource_map, logical_id, telling, lambda name: _create(resource_map, name))


def update_all(
    resource_map: Any, template: dict[str, Any], parameters: dict[str, Any], telling: Telling
) -> None:
    """Bring the resources to what another template asks for.

    Raises
    ------
    ResourceFailedError
        One could not be updated; those before it are.
    """
    old_json = dict(resource_map._resource_json_map)
    _begin(resource_map)
    load(resource_map, template, parameters)
    names = wanted(resource_map)
    for logical_id in names:
        if _is_outdated(resource_map, logical_id, old_json.get(logical_id)):
            _step(
                resource_map,
                logical_id,
                telling,
                lambda name: _update(resource_map, name, old_json.get(name)),
            )
    for logical_id in reversed(in_order(old_json)):
        if logical_id not in names:
            _delete(resource_map, logical_id, old_json[logical_id])


def undo_update(
    resource_map: Any, template: dict[str, Any], parameters: dict[str, Any], telling: Telling
) -> None:
    """Bring the resources back to a template after an update to another one has failed.

    Raises
    ------
    ResourceFailedError
        One could not be brought back.
    """
    templates = resource_map._resource_json_map
    replaced = _replaced(resource_map)
    for logical_id in reversed(in_order(templates)):
        if logical_id in _created(resource_map) and logical_id not in replaced:
            _step(
                resource_map,
                logical_id,
                _silent,
                lambda name: _delete(resource_map, name, templates[name], RETAINED_IN_ROLLBACK),
            )
    for logical_id, (resource, properties) in list(replaced.items()):
        _delete(resource_map, logical_id, {**templates[logical_id], "DeletionPolicy": "Delete"})
        resource_map._parsed_resources[logical_id] = resource
        resolved_properties(resource_map)[logical_id] = properties
    update_all(resource_map, template, parameters, telling)


def adopt(
    resource_map: Any,
    logical_id: str,
    resource_class: type[ApiResource],
    identifier: str,
    telling: Telling,
) -> None:
    """Bring an existing resource under the management of a stack, and leave it as it is.

    Raises
    ------
    ResourceFailedError
        It does not exist, or the template describes something else.
    """

    def take(name: str) -> None:
        properties = resolve(resource_map, name)
        property_schemas.check(name, resource_class.TYPE, properties)
        resource = resource_class.adopt(resource_map._region_name, properties, identifier)
        resource.cf_resource_type = resource_class.TYPE
        resource.logical_resource_id = name
        resource_map._parsed_resources[name] = resource
        resolved_properties(resource_map)[name] = properties

    _step(resource_map, logical_id, telling, take)


def load(resource_map: Any, template: dict[str, Any], parameters: dict[str, Any]) -> None:
    """Let a map describe another template; its resources stay as they are."""
    resource_map._template = template
    resource_map._resource_json_map = template["Resources"]
    resource_map.input_parameters = parameters
    # Or a parameter that the new template no longer has would still answer to Ref.
    for name in set(resource_map.resolved_parameters) - set(template.get("Parameters", {})):
        resource_map.resolved_parameters.pop(name)
        resource_map._parsed_resources.pop(name, None)
    resource_map.load()


def delete_all(
    resource_map: Any, telling: Telling = _silent, *, retained: frozenset[str] = RETAINED
) -> None:
    """Delete all resources but those that the template retains.

    Parameters
    ----------
    resource_map
        moto's map of the stack's resources.
    telling
        Called around each step.
    retained
        Deletion policies that retain a resource.

    Raises
    ------
    ResourceFailedError
        Some could not be deleted; the others are gone.
    """
    templates = resource_map._resource_json_map
    failures = []
    for logical_id in reversed(in_order(templates)):
        if resource_map._parsed_resources.get(logical_id) is not None:
            try:
                _step(
                    resource_map,
                    logical_id,
                    telling,
                    lambda name: _delete(resource_map, name, templates[name], retained),
                )
            except ResourceFailedError as failure:
                failures.append(failure)
    if failures:
        names = ", ".join(failure.logical_id for failure in failures)
        raise ResourceFailedError(names, "; ".join(failure.reason for failure in failures))


def _step(resource_map: Any, logical_id: str, telling: Telling, act: Callable[[str], None]) -> None:
    template = resource_map._resource_json_map[logical_id]
    with telling(logical_id, template["Type"]):
        try:
            act(logical_id)
        except Exception as error:
            reason = getattr(error, "message", None) or str(error) or type(error).__name__
            raise ResourceFailedError(logical_id, str(reason)) from error


def _begin(resource_map: Any) -> None:
    """Begin an operation: what it creates and replaces is noted, should it be rolled back."""
    _created(resource_map).clear()
    _replaced(resource_map).clear()
    resource_map.tags.update(
        {
            "aws:cloudformation:stack-name": resource_map["AWS::StackName"],
            "aws:cloudformation:stack-id": resource_map["AWS::StackId"],
        }
    )


def _create(resource_map: Any, logical_id: str) -> None:
    template = resource_map._resource_json_map[logical_id]
    properties = resolve(resource_map, logical_id)
    property_schemas.check(logical_id, template["Type"], properties)
    resolved_properties(resource_map)[logical_id] = properties
    _ = resource_map[logical_id]  # moto's map creates what it does not hold
    _created(resource_map).add(logical_id)


def _update(resource_map: Any, logical_id: str, old: dict[str, Any] | None) -> None:
    """Change a resource in place if its type can, otherwise replace it."""
    template = resource_map._resource_json_map[logical_id]
    existing = resource_map._parsed_resources.get(logical_id)
    if existing is None:
        _create(resource_map, logical_id)
        return
    resource_class, resolved, resource_type = parsing.parse_resource(
        copy.deepcopy(template), resource_map
    )
    properties = resolved.get("Properties", {})
    property_schemas.check(logical_id, resource_type, properties)
    update = resource_class.update_from_cloudformation_json
    if (old or template)["Type"] != resource_type or hasattr(update, "__isabstractmethod__"):
        _delete(resource_map, logical_id, old or template)
        _create(resource_map, logical_id)
        return
    if _retains_replaced(resource_map, logical_id, template, properties):
        before = resolved_properties(resource_map)[logical_id]
        _replaced(resource_map)[logical_id] = (
            resource_map._parsed_resources.pop(logical_id),
            before,
        )
        _create(resource_map, logical_id)
        return
    name_property = parsing.resource_name_property_from_type(resource_type)
    name = properties.get(name_property) or existing.physical_resource_id
    updated = update(
        original_resource=existing,
        new_resource_name=name,
        cloudformation_json=resolved,
        account_id=resource_map._account_id,
        region_name=resource_map._region_name,
    )
    updated.cf_resource_type = resource_type
    updated.logical_resource_id = logical_id
    resource_map._parsed_resources[logical_id] = updated
    resolved_properties(resource_map)[logical_id] = properties


def _retains_replaced(
    resource_map: Any, logical_id: str, template: dict[str, Any], new: dict[str, Any]
) -> bool:
    """Return whether an update replaces a resource and leaves the replaced one where it is."""
    old = resolved_properties(resource_map).get(logical_id, {})
    return template.get("UpdateReplacePolicy") in RETAINED and property_schemas.needs_replacement(
        template["Type"], old, new
    )


def _delete(
    resource_map: Any,
    logical_id: str,
    template: dict[str, Any],
    retained: frozenset[str] = RETAINED,
) -> None:
    resource = resource_map._parsed_resources.pop(logical_id, None)
    properties = resolved_properties(resource_map).pop(logical_id, {})
    if resource is None or template.get("DeletionPolicy") in retained:
        return
    try:
        if not remove(template["Type"], resource, properties, resource_map._region_name):
            resource_map._delete_resource(resource, template)
    except Exception:
        resource_map._parsed_resources[logical_id] = resource
        resolved_properties(resource_map)[logical_id] = properties
        raise


def _is_outdated(resource_map: Any, logical_id: str, old: dict[str, Any] | None) -> bool:
    if old is None or resource_map._parsed_resources.get(logical_id) is None:
        return True
    if old["Type"] != resource_map._resource_json_map[logical_id]["Type"]:
        return True
    applied = resolved_properties(resource_map).get(logical_id)
    return bool(resolve(resource_map, logical_id) != applied)


def resolve(resource_map: Any, logical_id: str) -> Any:
    """Return the properties of a resource with all functions and references resolved."""
    template = copy.deepcopy(resource_map._resource_json_map[logical_id])
    return parsing.clean_json(template.get("Properties", {}), resource_map)


def resolved_properties(resource_map: Any) -> dict[str, Any]:
    """Return the properties of each resource as they were last applied."""
    properties: dict[str, Any] = resource_map.__dict__.setdefault("localaws_resolved", {})
    return properties


def wanted(resource_map: Any) -> list[str]:
    """Return the resources whose condition holds."""
    templates = resource_map._resource_json_map
    return [
        logical_id
        for logical_id in in_order(templates)
        if template_checks.holds(resource_map, templates[logical_id])
    ]


def _created(resource_map: Any) -> set[str]:
    """Return what the running operation has created."""
    names: set[str] = resource_map.__dict__.setdefault("localaws_created", set())
    return names


def _replaced(resource_map: Any) -> dict[str, tuple[Any, dict[str, Any]]]:
    """Return what the running operation has replaced and left where it is, with its properties."""
    found: dict[str, tuple[Any, dict[str, Any]]] = resource_map.__dict__.setdefault(
        "localaws_replaced", {}
    )
    return found
