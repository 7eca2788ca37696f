"""What a request does not say and its permissions depend on: facts about existing resources."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class TaskDefinition:
    """A revision of an ECS task definition, and the roles that a task of it takes on."""

    arn: str
    task_role_arn: str | None = None
    execution_role_arn: str | None = None


class AccountFacts(Protocol):
    """Looks up resources of the account. None, or nothing, means that there is no such resource."""

    def task_definition(self, region: str, name: str) -> TaskDefinition | None:
        """Return the definition of a family (its newest active revision), revision or ARN."""

    def query_work_group(self, region: str, query_execution_id: str) -> str | None:
        """Return the workgroup of an execution of Athena."""

    def named_query_work_group(self, region: str, named_query_id: str) -> str | None:
        """Return the workgroup of a saved query of Athena."""

    def tables(self, region: str, database: str) -> Sequence[str]:
        """Return the names of the tables of a Glue database."""

    def secret_arn(self, region: str, secret_id: str) -> str | None:
        """Return the ARN, with its six random characters, of a secret given by name or ARN."""

    def key_arn(self, region: str, key_id: str) -> str | None:
        """Return the ARN of a KMS key given by id, ARN or alias."""

    def stack_id(self, region: str, name: str) -> str | None:
        """Return the id of a stack that is not deleted."""

    def event_source_function_arn(self, region: str, uuid: str) -> str | None:
        """Return the ARN of the function that an event source mapping of Lambda invokes."""

    def iam_path(self, kind: str, name: str) -> str:
        """Return the path, "/" at the least, of a role, user, group or instance-profile."""

    def instance_profile_roles(self, name: str) -> Sequence[str]:
        """Return the ARNs of the roles of an instance profile."""

    def tags(self, arn: str) -> Mapping[str, str]:
        """Return the tags of a resource."""
