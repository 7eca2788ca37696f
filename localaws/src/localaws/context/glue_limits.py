"""Glue's documented limits of names, comments, parameters and lists, refused in its words.

The limits are those of the API's own model, which botocore carries: lengths, patterns, ranges and
enumerations of every member. Glue names its members as its server does: ``TableInput`` is ``table``
(``'table.storageDescriptor.columns.29.member.comment' failed to satisfy constraint: Member must
have length less than or equal to 255``, apache/paimon #8223); ``database`` and ``partition`` are
named by analogy.
"""

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape

_SERVER_NAMES = {
    "DatabaseInput": "database",
    "PartitionInput": "partition",
    "PartitionInputList": "partitions",
    "TableInput": "table",
}
_JAVA_PAIRS = r"\uD800\uDC00-\uDBFF\uDFFF"


class LimitError(Exception):
    """A request that Glue refuses as ``ValidationException``; the text has its reasons."""


@functools.cache
def _model() -> ServiceModel:
    return botocore.session.get_session().get_service_model("glue")


def refuse_beyond_limits(operation: str, parameters: Mapping[str, Any]) -> None:
    """Check a request against the limits of its operation.

    Parameters
    ----------
    operation
        Such as ``CreateTable``.
    parameters
        The request; members that the model lacks are passed over.

    Raises
    ------
    LimitError
        A member is beyond its limit; the message names all of them.
    """
    shape = _model().operation_model(operation).input_shape
    found = list(_flaws(shape, dict(parameters), "")) if shape else []
    if found:
        noun = "error" if len(found) == 1 else "errors"
        raise LimitError(f"{len(found)} validation {noun} detected: {'; '.join(found)}")


def _flaws(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if value is None:
        return
    for constraint in _broken(shape, value):
        shown = value if isinstance(value, str | int | float) else "[...]"
        yield f"Value '{shown}' at '{path}' failed to satisfy constraint: {constraint}"
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        for name, member in shape.members.items():
            yield from _flaws(member, value.get(name), _join(path, _server_name(name)))
    elif isinstance(shape, ListShape) and isinstance(value, list):
        for number, item in enumerate(value, start=1):
            yield from _flaws(shape.member, item, f"{path}.{number}.member")
    elif isinstance(shape, MapShape) and isinstance(value, Mapping):
        yield from _flaws_of_map(shape, value, path)


def _flaws_of_map(shape: MapShape, value: Mapping[str, Any], path: str) -> Iterator[str]:
    for noun, member, items in (
        ("Map keys", shape.key, value.keys()),
        ("Map value", shape.value, value.values()),
    ):
        if any(list(_broken(member, item)) for item in items):
            constraints = ", ".join(text for text, _ in _constraints(member))
            shown = ", ".join(f"{key}={item}" for key, item in value.items())
            yield (
                f"Value '{{{shown}}}' at '{path}' failed to satisfy constraint: "
                f"{noun} must satisfy constraint: [{constraints}]"
            )


def _broken(shape: Shape, value: Any) -> Iterator[str]:
    for text, holds in _constraints(shape):
        if value is not None and not holds(value):
            yield text


def _constraints(shape: Shape) -> Iterator[tuple[str, Any]]:
    """Yield the constraints of a shape in Glue's words, each with its test."""
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    measured = "length" if shape.type_name in {"string", "list", "map"} else "value"
    size: Callable[[Any], float] = _length if measured == "length" else float
    if most is not None:
        yield (
            f"Member must have {measured} less than or equal to {most}",
            lambda value: size(value) <= most,
        )
    if least is not None:
        yield (
            f"Member must have {measured} greater than or equal to {least}",
            lambda value: size(value) >= least,
        )
    pattern = shape.metadata.get("pattern")
    if pattern and r"\p" not in pattern:  # Java's classes, which Python lacks
        yield (
            f"Member must satisfy regular expression pattern: {pattern}",
            lambda value: _compiled(pattern).fullmatch(value) is not None,
        )
    if allowed := shape.metadata.get("enum"):
        yield (
            f"Member must satisfy enum value set: [{', '.join(allowed)}]",
            lambda value: value in allowed,
        )


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace(_JAVA_PAIRS, "\U00010000-\U0010ffff"))


def _length(value: Any) -> float:
    """Return a length as Java counts it: a text's in UTF-16 units."""
    return (
        len(value.encode("utf-16-le", "surrogatepass")) / 2
        if isinstance(value, str)
        else len(value)
    )


def _server_name(member: str) -> str:
    return _SERVER_NAMES.get(member) or member[0].lower() + member[1:]


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
