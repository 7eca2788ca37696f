"""What is passed around: a request to an API, and one permission that it needs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from localaws.permissions.arns import partition_of


@dataclass(frozen=True)
class ApiRequest:
    """A request to an AWS API, as far as permissions depend on it.

    Parameters
    ----------
    service
        The prefix of the service's actions in policies: ``states``, not ``stepfunctions``.
    operation
        The name of the API operation, as in ``GetObject``; "" where the service has no such.
    parameters
        What the caller sent, by the names of the service's API reference. The bodies of S3 objects
        and other payloads are not among them.
    region, account_id
        Where the resources are.
    protocol
        In which form the request came and its answer goes: json-1.0, json-1.1, query, ec2,
        rest-json, rest-xml or cbor.
    api
        The name that botocore gives to the service, where it is known: one prefix can have several.
    """

    service: str
    operation: str
    parameters: Mapping[str, Any]
    region: str
    account_id: str
    protocol: str = "json-1.1"
    api: str = ""

    @property
    def action(self) -> str:
        """The action that has the name of the operation."""
        return f"{self.service}:{self.operation}"

    def get(self, *names: str) -> Any:
        """Return the first of these parameters that was sent; None without any."""
        for name in names:
            value = self.parameters.get(name)
            if value is not None and value != "":
                return value
        return None

    def text(self, *names: str) -> str:
        """Return the first of these parameters that was sent as a text; "" without any."""
        value = self.get(*names)
        return str(value) if isinstance(value, (str, int)) else ""

    def texts(self, *names: str) -> list[str]:
        """Return the texts of a parameter that is a list, or of one that is a single text."""
        value = self.get(*names)
        values = value if isinstance(value, list) else [value]
        return [item for item in values if isinstance(item, str) and item]

    def arn(self, rest: str, service: str = "") -> str:
        """Return the ARN of a resource in the account and region of this request.

        Examples
        --------
        >>> ApiRequest("glue", "GetJob", {}, "eu-west-1", "123456789012").arn("job/nightly")
        'arn:aws:glue:eu-west-1:123456789012:job/nightly'
        """
        place = f"{self.region}:{self.account_id}"
        return f"arn:{partition_of(self.region)}:{service or self.service}:{place}:{rest}"

    def global_arn(self, rest: str, service: str = "") -> str:
        """Return the ARN of a resource of the account that is in no region."""
        partition = partition_of(self.region)
        return f"arn:{partition}:{service or self.service}::{self.account_id}:{rest}"


@dataclass(frozen=True)
class Need:
    """One action that the caller must be allowed to take on each of some resources.

    Parameters
    ----------
    action
        As policies write it, as in ``s3:GetObject``.
    resources
        The ARNs. ``*`` where the action supports no resource. A ``*`` inside an ARN means all
        resources of that form: only a statement whose own pattern covers them allows it.
    context
        The values of condition keys.
    """

    action: str
    resources: tuple[str, ...] = ("*",)
    context: Mapping[str, str | list[str]] = field(default_factory=dict)
