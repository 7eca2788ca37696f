"""Makes two slow places of moto 5.2.5 fast; what it answers stays the same."""

from typing import Any

from botocore.model import Shape
from moto.core.errors import ErrorLookupFactory
from moto.core.serialize import AttributePicker, AttributePickerContext, ResponseSerializer

_NAMES = "_localaws_names_of_member"
_get_any_value = ResponseSerializer.get_value


def install() -> None:
    """Put the faster ways in place of moto's."""
    # moto makes a new, empty cache for each error, and fills it with all of a service's errors:
    # half the time of the 404s that Trino and Spark ask for by the hundred.
    ErrorLookupFactory._error_lut_cache = {}
    ErrorLookupFactory.__init__ = lambda _: None
    ResponseSerializer.get_value = _get_value


def _get_value(self: ResponseSerializer, value: Any, key: str, shape: Shape) -> Any:
    """Find a member of a dictionary under the names that it may have there.

    moto makes up to eight objects for each member of each entry of an answer to find these names.
    For a dictionary they depend on the shape alone, so once is enough: a list of 90
    partitions took 0.10 instead of 0.43 s.
    """
    picker = self._value_picker
    if (
        type(value) is not dict
        or not isinstance(picker, AttributePicker)
        or picker.response_transformers
    ):
        return _get_any_value(self, value, key, shape)
    names_of = shape.__dict__.setdefault(_NAMES, {})
    names = names_of.get(key)
    if names is None:
        context = AttributePickerContext(
            obj={},
            key=key,
            shape=shape,
            operation_model=self.operation_model,
            service_model=self.service_model,
        )
        names = names_of[key] = tuple(dict.fromkeys(picker.get_possible_keys(context)))
    for name in names:
        if name in value:
            return value[name]
    return None
