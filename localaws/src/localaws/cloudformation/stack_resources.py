"""The resources of one stack: created, updated and deleted in the order of their references."""

import copy
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from moto.cloudformation import parsing
from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.parsing import ResourceMap

from localaws.cloudformation.dependencies import in_order
from localaws.cloudformation.removals import remove

RETAINED = frozenset({"Retain", "RetainExceptOnCreate"})

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


def install() -> None:
    """Make every template be checked for types that are not supported."""
    moto_load = ResourceMap.load

    def load(resource_map: Any) -> None:
        moto_load(resource_map)
        _refuse_unknown_types(resource_map)

    ResourceMap.load = load


def create_all(resource_map: Any, telling: Telling = _silent) -> None:
    """Create what a template asks for.

    Raises
    ------
    ResourceFailedError
        One could not be created; those before it are there.
    """
    resource_map.tags.update(
        {
            "aws:cloudformation:stack-name": resource_map["AWS::StackName"],
            "aws:cloudformation:stack-id": resource_map["AWS::StackId"],
        }
    )
    for logical_id in _wanted(resource_map):
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
    resource_map._template = template
    resource_map._resource_json_map = template["Resources"]
    resource_map.input_parameters = parameters
    resource_map.load()
    wanted = _wanted(resource_map)
    for logical_id in wanted:
        if _is_outdated(resource_map, logical_id, old_json.get(logical_id)):
            _step(
                resource_map,
                logical_id,
                telling,
                lambda name: _update(resource_map, name, old_json.get(name)),
            )
    for logical_id in reversed(in_order(old_json)):
        if logical_id not in wanted:
            _delete(resource_map, logical_id, old_json[logical_id])


def delete_all(resource_map: Any, telling: Telling = _silent) -> None:
    """Delete all resources but those that the template retains.

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
                    lambda name: _delete(resource_map, name, templates[name]),
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


def _create(resource_map: Any, logical_id: str) -> None:
    _resolved_properties(resource_map)[logical_id] = _resolve(resource_map, logical_id)
    _ = resource_map[logical_id]  # moto's map creates what it does not hold


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
    update = resource_class.update_from_cloudformation_json
    if (old or template)["Type"] != resource_type or hasattr(update, "__isabstractmethod__"):
        _delete(resource_map, logical_id, old or template)
        _create(resource_map, logical_id)
        return
    name_property = parsing.resource_name_property_from_type(resource_type)
    name = resolved.get("Properties", {}).get(name_property) or existing.physical_resource_id
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
    _resolved_properties(resource_map)[logical_id] = resolved.get("Properties", {})


def _delete(resource_map: Any, logical_id: str, template: dict[str, Any]) -> None:
    resource = resource_map._parsed_resources.pop(logical_id, None)
    properties = _resolved_properties(resource_map).pop(logical_id, {})
    if resource is None or template.get("DeletionPolicy") in RETAINED:
        return
    try:
        if not remove(template["Type"], resource, properties, resource_map._region_name):
            resource_map._delete_resource(resource, template)
    except Exception:
        resource_map._parsed_resources[logical_id] = resource
        raise


def _is_outdated(resource_map: Any, logical_id: str, old: dict[str, Any] | None) -> bool:
    if old is None or resource_map._parsed_resources.get(logical_id) is None:
        return True
    if old["Type"] != resource_map._resource_json_map[logical_id]["Type"]:
        return True
    applied = _resolved_properties(resource_map).get(logical_id)
    return bool(_resolve(resource_map, logical_id) != applied)


def _resolve(resource_map: Any, logical_id: str) -> Any:
    template = copy.deepcopy(resource_map._resource_json_map[logical_id])
    return parsing.clean_json(template.get("Properties", {}), resource_map)


def _resolved_properties(resource_map: Any) -> dict[str, Any]:
    """Return the properties of each resource as they were last applied."""
    properties: dict[str, Any] = resource_map.__dict__.setdefault("localaws_resolved", {})
    return properties


def _wanted(resource_map: Any) -> list[str]:
    """Return the resources whose condition holds."""
    templates = resource_map._resource_json_map
    return [
        logical_id
        for logical_id in in_order(templates)
        if _holds(resource_map, templates[logical_id])
    ]


def _holds(resource_map: Any, template: dict[str, Any]) -> bool:
    condition = template.get("Condition")
    return condition is None or bool(resource_map.lazy_condition_map[condition])


def _refuse_unknown_types(resource_map: Any) -> None:
    known = {*parsing.get_model_map(), *parsing.NULL_MODELS}
    unknown = {
        template["Type"]
        for template in resource_map._resource_json_map.values()
        if _holds(resource_map, template)
        and template["Type"] not in known
        and not template["Type"].startswith("Custom::")
    }
    if unknown:
        raise ValidationError(
            message="Template format error: Unrecognized resource types:"
            f" [{', '.join(sorted(unknown))}] (localaws does not know them)"
        )
