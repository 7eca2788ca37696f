"""Properties of a resource are checked against the published schema of its type, as AWS does.

The schemas are those of the CloudFormation registry, which cfn-lint carries. Without them, a
misspelled property would be ignored here and refused on AWS.
"""

import importlib.util
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator, TypeChecker, ValidationError
from jsonschema.validators import extend

_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d+)?")
_INTEGER = re.compile(r"-?\d+")
# Enumerations and patterns are left to the service, which knows more values than a schema of
# last month. The others are what CloudFormation itself checks before it calls the service.
_CHECKED = frozenset(
    {"additionalProperties", "properties", "patternProperties", "required", "type", "items", "$ref"}
)


class PropertiesRefusedError(Exception):
    """The properties of a resource do not fit its type; the text is CloudFormation's."""


def check(logical_id: str, resource_type: str, properties: Mapping[str, Any]) -> None:
    """Refuse properties that the type does not have, lacks, or has as another kind of value.

    Parameters
    ----------
    logical_id
        Name of the resource in its template.
    resource_type
        Such as ``AWS::Glue::Job``; a type without a published schema is not checked.
    properties
        Resolved properties.

    Raises
    ------
    PropertiesRefusedError
        Some do not fit.
    """
    validator = _validator(resource_type)
    if validator is None:
        return
    # Refused in these words before the others are looked at, as the reports of
    # aws-cloudformation/cloudformation-coverage-roadmap quote it.
    # A read-only property is an attribute: GetAtt returns it, a template cannot set it.
    settable = set(validator.schema["properties"]) - _read_only(resource_type)
    if unknown := sorted(set(properties) - settable):
        raise PropertiesRefusedError(f"Encountered unsupported property {unknown[0]}")
    errors = [text for error in validator.iter_errors(properties) for text in _words(error)]
    if errors:
        raise PropertiesRefusedError(
            f"Properties validation failed for resource {logical_id} with message: "
            f"[{', '.join(dict.fromkeys(errors))}]"
        )


def needs_replacement(resource_type: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Return whether a property has changed that a resource gets at its creation only."""
    schema = schema_of(resource_type) or {}
    paths = [path.split("/")[2:] for path in schema.get("createOnlyProperties", ())]
    return any(_at(old, path) != _at(new, path) for path in paths if "*" not in path)


@cache
def schema_of(resource_type: str) -> dict[str, Any] | None:
    """Return the published schema of a type, None if there is none."""
    name = _names().get(resource_type)
    if name is None:
        return None
    schema: dict[str, Any] = json.loads((_folder() / "resources" / f"{name}.json").read_bytes())
    return schema


def _words(error: ValidationError) -> Iterator[str]:
    """Return an error in CloudFormation's words."""
    path = "#" + "".join(f"/{part}" for part in error.absolute_path)
    if error.validator == "required":
        missing = [name for name in error.validator_value if name not in error.instance]
        yield from (f"{path}: required key [{name}] not found" for name in missing)
    elif error.validator == "additionalProperties":
        known = error.schema.get("properties", {})
        patterns = error.schema.get("patternProperties", {})
        extra = (
            name
            for name in error.instance
            if name not in known and not any(re.search(pattern, name) for pattern in patterns)
        )
        yield from (f"{path}: extraneous key [{name}] is not permitted" for name in extra)
    elif error.validator == "type":
        expected: Any = error.validator_value
        kinds: list[str] = expected if isinstance(expected, list) else [expected]
        yield (
            f"{path}: expected type: {' or '.join(_KINDS.get(kind, kind) for kind in kinds)}, "
            f"found: {_kind_of(error.instance)}"
        )
    else:
        yield f"{path}: {error.message}"


_KINDS = {
    "array": "JSONArray",
    "boolean": "Boolean",
    "integer": "Integer",
    "number": "Number",
    "object": "JSONObject",
    "string": "String",
}


def _kind_of(value: Any) -> str:
    kinds: tuple[tuple[type, str], ...] = (
        (bool, "Boolean"),
        (int, "Integer"),
        (float, "Number"),
        (str, "String"),
        (list, "JSONArray"),
        (dict, "JSONObject"),
    )
    return next((name for kind, name in kinds if isinstance(value, kind)), "Null")


# A template's parameters are strings, and CloudFormation converts between scalars: "7" is an
# integer, true a string.
_TYPES = TypeChecker(
    {
        "array": lambda _, value: isinstance(value, list),
        "boolean": lambda _, value: isinstance(value, bool) or str(value) in {"true", "false"},
        "integer": lambda _, value: (
            not isinstance(value, bool) and _INTEGER.fullmatch(str(value)) is not None
        ),
        "null": lambda _, value: value is None,
        "number": lambda _, value: (
            not isinstance(value, bool) and _NUMBER.fullmatch(str(value)) is not None
        ),
        "object": lambda _, value: isinstance(value, dict),
        "string": lambda _, value: isinstance(value, str | int | float | bool),
    }
)
_Validator = extend(
    Draft7Validator,
    validators={name: None for name in Draft7Validator.VALIDATORS if name not in _CHECKED},
    type_checker=_TYPES,
)


@cache
def _validator(resource_type: str) -> Any:
    schema = schema_of(resource_type)
    return None if schema is None else _Validator({**schema, "$schema": _DRAFT})


_DRAFT = "http://json-schema.org/draft-07/schema#"


@cache
def _read_only(resource_type: str) -> frozenset[str]:
    paths = (schema_of(resource_type) or {}).get("readOnlyProperties", ())
    return frozenset(path.split("/")[2] for path in paths if path.count("/") == 2)


@cache
def _names() -> dict[str, str]:
    """Return the file of each type. us-east-1 has every type."""
    names: dict[str, str] = json.loads((_folder() / "providers/us-east-1.json").read_bytes())
    return names


@cache
def _folder() -> Path:
    # Found and not imported: the import alone takes more than two seconds.
    found = importlib.util.find_spec("cfnlint")
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError("cfn-lint is not installed: install localaws again.")
    return Path(found.submodule_search_locations[0]) / "data" / "schemas"


def _at(value: Any, path: list[str]) -> Any:
    for part in path:
        value = value.get(part) if isinstance(value, Mapping) else None
    return value
