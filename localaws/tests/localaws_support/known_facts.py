"""An account of which a test says what is in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from localaws.permissions.facts import TaskDefinition


@dataclass
class KnownFacts:
    """The facts that the rules of permissions ask for; what is left out does not exist."""

    task_definitions: Mapping[str, TaskDefinition] = field(default_factory=dict)
    work_groups: Mapping[str, str] = field(default_factory=dict)
    databases: Mapping[str, Sequence[str]] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    stacks: Mapping[str, str] = field(default_factory=dict)
    mappings: Mapping[str, str] = field(default_factory=dict)
    paths: Mapping[str, str] = field(default_factory=dict)
    profiles: Mapping[str, Sequence[str]] = field(default_factory=dict)
    tagged: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def task_definition(self, _region: str, name: str) -> TaskDefinition | None:
        return self.task_definitions.get(name)

    def query_work_group(self, _region: str, query_execution_id: str) -> str | None:
        return self.work_groups.get(query_execution_id)

    def named_query_work_group(self, _region: str, named_query_id: str) -> str | None:
        return self.work_groups.get(named_query_id)

    def tables(self, _region: str, database: str) -> Sequence[str]:
        return self.databases.get(database, ())

    def secret_arn(self, _region: str, secret_id: str) -> str | None:
        return self.secrets.get(secret_id)

    def key_arn(self, _region: str, key_id: str) -> str | None:
        return self.keys.get(key_id)

    def stack_id(self, _region: str, name: str) -> str | None:
        return self.stacks.get(name)

    def event_source_function_arn(self, _region: str, uuid: str) -> str | None:
        return self.mappings.get(uuid)

    def iam_path(self, _kind: str, name: str) -> str:
        return self.paths.get(name, "/")

    def instance_profile_roles(self, name: str) -> Sequence[str]:
        return self.profiles.get(name, ())

    def tags(self, arn: str) -> Mapping[str, str]:
        return self.tagged.get(arn, {})
