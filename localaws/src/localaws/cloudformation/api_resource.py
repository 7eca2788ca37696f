"""A resource type as calls of the service's own API.

A resource that is made this way exists exactly as if it had been made by hand: the service checks
its parameters, names and references.
"""

from functools import cache
from typing import Any, ClassVar, Self

import boto3
from botocore.exceptions import ClientError, ParamValidationError
from moto.cloudformation.exceptions import UnformattedGetAttTemplateException
from moto.core.common_models import CloudFormationModel

Properties = dict[str, Any]

NOT_FOUND_CODES = frozenset(
    {
        "EntityNotFoundException",
        "NoSuchBucket",
        "NoSuchBucketPolicy",
        "NotFound",
        "NotFoundException",
        "ResourceNotFoundException",
        "AWS.SimpleQueueService.NonExistentQueue",
    }
)


class ApiResource(CloudFormationModel):
    """Base of the resource types; a subclass says how to create, change and remove one."""

    TYPE: ClassVar[str] = ""
    """Such as ``AWS::Glue::Job``."""
    NAME_PROPERTY: ClassVar[str] = ""
    """Property with the name of the resource; without it, CloudFormation makes one up."""
    ATTRIBUTES: ClassVar[tuple[str, ...]] = ()
    """What ``Fn::GetAtt`` gives."""
    IDENTIFIER: ClassVar[str] = ""
    """Property that identifies a resource to import; without it, the type cannot be imported."""

    def __init__(self, region: str, properties: Properties) -> None:
        self.region = region
        self.properties = properties
        self.physical_resource_id = ""
        self.attributes: dict[str, str] = {}

    def create(self, name: str) -> None:
        """Make the resource and set ``physical_resource_id`` and ``attributes``."""
        raise NotImplementedError

    def find(self, identifier: str) -> None:
        """Find an existing resource, and set ``physical_resource_id`` and ``attributes``.

        Raises
        ------
        ValueError
            The template gives it another name.
        """
        raise NotImplementedError

    def change(self, new: Properties) -> bool:
        """Change the resource in place; False means that it has to be replaced."""
        del new
        return False

    def remove(self) -> None:
        """Delete the resource."""
        raise NotImplementedError

    @classmethod
    def adopt(cls, region: str, properties: Properties, identifier: str) -> Self:
        """Return a resource that exists already; nothing about it changes.

        Raises
        ------
        ValueError
            It does not exist, or the template describes something else.
        """
        resource = cls(region, properties)
        try:
            resource.find(identifier)
        except ClientError as error:
            raise ValueError(
                f"The resource to import does not exist: {cls.TYPE} {identifier} ({error})"
            ) from error
        return resource

    def call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """Call an API operation with values of a template, which has strings only.

        Raises
        ------
        ValueError
            A property has a type or name that the service does not take.
        """
        client = _client(service, self.region)
        method = client.meta.method_to_api_mapping[operation]
        shape = client.meta.service_model.operation_model(method).input_shape
        try:
            answer: dict[str, Any] = getattr(client, operation)(**_coerce(parameters, shape))
        except ParamValidationError as error:
            raise ValueError(f"Properties validation failed: {error}") from error
        return answer

    def get_cfn_attribute(self, attribute: str) -> str:
        """Return what ``Fn::GetAtt`` gives."""
        if attribute not in self.attributes:
            raise UnformattedGetAttTemplateException
        return self.attributes[attribute]

    def is_created(self) -> bool:
        """Return True, as all calls are synchronous."""
        return True

    def delete(self, account_id: str, region_name: str) -> None:
        """Delete the resource; that it is gone already is no error."""
        del account_id, region_name
        try:
            self.remove()
        except ClientError as error:
            if error.response["Error"]["Code"] not in NOT_FOUND_CODES:
                raise

    @classmethod
    def cloudformation_type(cls) -> str:
        """Return the type's name."""
        return cls.TYPE

    @classmethod
    def cloudformation_name_type(cls) -> str:
        """Return the property that holds the resource's name."""
        return cls.NAME_PROPERTY

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        """Return whether ``Fn::GetAtt`` has the attribute."""
        return attr in cls.ATTRIBUTES

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
        **kwargs: Any,
    ) -> Self:
        """Make the resource that a template asks for."""
        del account_id, kwargs
        resource = cls(region_name, cloudformation_json.get("Properties", {}))
        resource.create(resource_name)
        return resource

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: Self,
        new_resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
    ) -> Self:
        """Change the resource to what a template asks for, or replace it."""
        new = cloudformation_json.get("Properties", {})
        name = cls.NAME_PROPERTY
        renamed = bool(name) and original_resource.properties.get(name) != new.get(name)
        if not renamed and original_resource.change(new):
            original_resource.properties = new
            return original_resource
        if not renamed:
            original_resource.delete(account_id, region_name)
        replacement = cls.create_from_cloudformation_json(
            new_resource_name, cloudformation_json, account_id, region_name
        )
        if renamed:
            original_resource.delete(account_id, region_name)
        return replacement


def lower_first(value: Any) -> Any:
    """Spell keys as some APIs do: those of templates with a small first letter.

    Examples
    --------
    >>> lower_first({"Source": {"Type": "S3"}})
    {'source': {'type': 'S3'}}
    """
    if isinstance(value, dict):
        return {key[0].lower() + key[1:]: lower_first(item) for key, item in value.items()}
    if isinstance(value, list):
        return [lower_first(item) for item in value]
    return value


@cache
def _client(service: str, region: str) -> Any:
    return boto3.client(service, region_name=region)  # type: ignore[call-overload]


def _coerce(value: Any, shape: Any) -> Any:
    """Convert a template's value to the API's type; parameters of templates are strings."""
    kind = shape.type_name if shape is not None else ""
    if kind == "structure" and isinstance(value, dict):
        members = shape.members
        return {name: _coerce(item, members.get(name)) for name, item in value.items()}
    if kind == "list" and isinstance(value, list):
        return [_coerce(item, shape.member) for item in value]
    if kind == "map" and isinstance(value, dict):
        return {key: _coerce(item, shape.value) for key, item in value.items()}
    return _coerce_scalar(value, kind)


def _coerce_scalar(value: Any, kind: str) -> Any:
    if kind in {"integer", "long"}:
        return int(value)
    if kind in {"float", "double"}:
        return float(value)
    if kind == "boolean" and isinstance(value, str):
        return value.lower() == "true"
    if kind == "string" and isinstance(value, bool):
        return str(value).lower()
    if kind == "string" and isinstance(value, int | float):
        return str(value)
    return value
