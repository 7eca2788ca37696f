"""Templates are refused before anything is made, in CloudFormation's words."""

import re
from typing import Any

from moto.cloudformation import parsing
from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.parsing import ResourceMap


def install() -> None:
    """Make every template be checked when moto loads it."""
    moto_parameters, moto_outputs = ResourceMap.load_parameters, ResourceMap.validate_outputs

    def load_parameters(resource_map: Any) -> None:
        _refuse_unknown_parameters(resource_map)
        moto_parameters(resource_map)
        _refuse_bad_parameters(resource_map)

    def validate_outputs(resource_map: Any) -> None:
        # First, because moto's own check of the outputs fails at a type that it does not know.
        _refuse_unknown_types(resource_map)
        _refuse_unknown_names(resource_map)
        moto_outputs(resource_map)

    ResourceMap.load_parameters = load_parameters
    ResourceMap.validate_outputs = validate_outputs


def holds(resource_map: Any, template: dict[str, Any]) -> bool:
    """Return whether the condition of a part of the template holds."""
    condition = template.get("Condition")
    return condition is None or bool(resource_map.lazy_condition_map[condition])


def _refuse_unknown_parameters(resource_map: Any) -> None:
    known = resource_map._template.get("Parameters", {})
    unknown = [name for name in resource_map.input_parameters if name not in known]
    if unknown:
        raise ValidationError(
            message=f"Parameters: [{', '.join(unknown)}] do not exist in the template"
        )


def _refuse_bad_parameters(resource_map: Any) -> None:
    for name, slot in resource_map._template.get("Parameters", {}).items():
        value = resource_map.resolved_parameters[name]
        for item in value if isinstance(value, list) else [value]:
            if flaw := _flaw(slot, item):
                reason = slot.get("ConstraintDescription", flaw)
                raise ValidationError(
                    message=f"Parameter '{name}' must {reason}"
                    if "ConstraintDescription" not in slot
                    else f"Parameter {name} failed to satisfy constraint: {reason}"
                )


def _flaw(slot: dict[str, Any], value: Any) -> str | None:
    """Return which constraint a value of a parameter misses, None if none."""
    text = str(value)
    if (allowed := slot.get("AllowedValues")) and text not in {str(item) for item in allowed}:
        return f"be one of AllowedValues: [{', '.join(str(item) for item in allowed)}]"
    if (pattern := slot.get("AllowedPattern")) and not re.fullmatch(pattern, text):
        return f"match pattern {pattern}"
    if "MinValue" in slot and float(value) < float(slot["MinValue"]):
        return f"be a number not less than {slot['MinValue']}"
    if "MaxValue" in slot and float(value) > float(slot["MaxValue"]):
        return f"be a number not greater than {slot['MaxValue']}"
    if not int(slot.get("MinLength", 0)) <= len(text) <= int(slot.get("MaxLength", len(text))):
        return f"contain {slot.get('MinLength', 0)} to {slot.get('MaxLength', 'any')} characters"
    return None


def _refuse_unknown_types(resource_map: Any) -> None:
    known = {*parsing.get_model_map(), *parsing.NULL_MODELS}
    unknown = {
        template["Type"]
        for template in resource_map._resource_json_map.values()
        if holds(resource_map, template)
        and template["Type"] not in known
        and not template["Type"].startswith("Custom::")
    }
    if unknown:
        raise ValidationError(
            message="Template format error: Unrecognized resource types:"
            f" [{', '.join(sorted(unknown))}] (localaws does not know them)"
        )


def _refuse_unknown_names(resource_map: Any) -> None:
    """Refuse an output that gets an attribute of a resource that the template does not have."""
    for output in (resource_map._template.get("Outputs") or {}).values():
        value = output.get("Value")
        target = value.get("Fn::GetAtt") if isinstance(value, dict) else None
        name = target.partition(".")[0] if isinstance(target, str) else (target or [None])[0]
        if name is not None and name not in resource_map._resource_json_map:
            raise ValidationError(
                message="Template error: instance of Fn::GetAtt references undefined resource "
                f"{name}"
            )
