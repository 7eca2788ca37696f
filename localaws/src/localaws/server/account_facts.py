"""The facts about existing resources that permissions depend on, looked up in moto's backends."""

from collections.abc import Mapping, Sequence
from typing import Any

from moto.athena.models import athena_backends
from moto.awslambda.models import lambda_backends
from moto.cloudformation.models import cloudformation_backends
from moto.core.base_backend import BackendDict
from moto.ecs.models import ecs_backends
from moto.glue.models import glue_backends
from moto.iam.models import iam_backends
from moto.kms.models import kms_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.sqs.models import sqs_backends
from moto.stepfunctions.models import stepfunctions_backends

from localaws.permissions.facts import TaskDefinition


class MotoFacts:
    """The resources of one account; see `AccountFacts` of the permissions.

    Parameters
    ----------
    account_id
        The account.
    """

    def __init__(self, account_id: str) -> None:
        self._account_id = account_id

    def _in(self, backends: BackendDict[Any], region: str) -> Any:
        """Return the backend of a region; None for a region that AWS does not have."""
        try:
            return backends[self._account_id][region]
        except KeyError:
            return None

    def task_definition(self, region: str, name: str) -> TaskDefinition | None:
        """Return the revision; of a family, its newest active one."""
        backend = self._in(ecs_backends, region)
        family, _, revision = name.rpartition("/")[2].partition(":")
        revisions = backend.task_definitions.get(family, {}) if backend else {}
        if revision:
            found = revisions.get(int(revision)) if revision.isdigit() else None
        else:
            active = [item for item in revisions.values() if item.status == "ACTIVE"]
            found = max(active, key=lambda item: int(item.revision), default=None)
        if found is None:
            return None
        # Moto gives a definition these attributes only if it has the roles.
        roles = (getattr(found, name, None) for name in ("task_role_arn", "execution_role_arn"))
        return TaskDefinition(found.arn, *roles)

    def query_work_group(self, region: str, query_execution_id: str) -> str | None:
        """Return the workgroup of an execution."""
        backend = self._in(athena_backends, region)
        execution = backend.executions.get(query_execution_id) if backend else None
        # Moto's own executions have an object there, localaws' a name.
        group = getattr(execution, "workgroup", None)
        return None if group is None else str(getattr(group, "name", group))

    def named_query_work_group(self, region: str, named_query_id: str) -> str | None:
        """Return the workgroup of a saved query."""
        backend = self._in(athena_backends, region)
        query = backend.named_queries.get(named_query_id) if backend else None
        return None if query is None else str(query.workgroup.name)

    def tables(self, region: str, database: str) -> Sequence[str]:
        """Return the names of the tables."""
        backend = self._in(glue_backends, region)
        found = backend.databases.get(database) if backend else None
        return [str(name) for name in found.tables] if found else []

    def secret_arn(self, region: str, secret_id: str) -> str | None:
        """Return the ARN of a secret given by name, ARN or ARN without the random characters."""
        secret = self._secret(region, secret_id)
        return None if secret is None else str(secret.arn)

    def _secret(self, region: str, secret_id: str) -> Any:
        backend = self._in(secretsmanager_backends, region)
        try:
            return backend.secrets[secret_id] if backend else None
        except KeyError:
            return None

    def key_arn(self, region: str, key_id: str) -> str | None:
        """Return the ARN of a key; AWS's own keys of a service exist once they are asked for."""
        backend = self._in(kms_backends, region)
        if backend is None or not key_id:
            return None
        alias = str(backend.get_alias_name(key_id))
        if alias.startswith("alias/"):
            key_id = backend.get_key_id_from_alias(alias) or ""
        key = backend.keys.get(backend.get_key_id(key_id))
        return None if key is None else str(key.arn)

    def stack_id(self, region: str, name: str) -> str | None:
        """Return the id of a stack."""
        backend = self._in(cloudformation_backends, region)
        stacks = backend.stacks.values() if backend else ()
        return next((str(item.stack_id) for item in stacks if item.name == name), None)

    def event_source_function_arn(self, region: str, uuid: str) -> str | None:
        """Return the function of an event source mapping."""
        backend = self._in(lambda_backends, region)
        mapping = backend.get_event_source_mapping(uuid) if backend else None
        return None if mapping is None else str(mapping.function_arn)

    def iam_path(self, kind: str, name: str) -> str:
        """Return the path of a role, user, group or instance profile."""
        backend = self._iam
        match kind:
            case "role":
                found = next((role for role in backend.roles.values() if role.name == name), None)
            case "user":
                found = backend.users.get(name)
            case "group":
                found = backend.groups.get(name)
            case _:
                profiles = backend.instance_profiles.values()
                found = next((profile for profile in profiles if profile.name == name), None)
        return str(getattr(found, "path", None) or "/")

    def instance_profile_roles(self, name: str) -> Sequence[str]:
        """Return the roles of an instance profile."""
        profiles = self._iam.instance_profiles.values()
        return [str(role.arn) for item in profiles if item.name == name for role in item.roles]

    def tags(self, arn: str) -> Mapping[str, str]:
        """Return the tags of a secret, state machine, queue or role; none of anything else."""
        _, _, service, region, _, resource = arn.split(":", 5) if arn.count(":") > 4 else [""] * 6
        match service:
            case "secretsmanager":
                secret = self._secret(region, arn)
                return {tag["Key"]: tag["Value"] for tag in (secret.tags if secret else None) or ()}
            case "states":
                backend = self._in(stepfunctions_backends, region)
                return backend.tagger.get_tag_dict_for_resource(arn) if backend else {}
            case "sqs":
                backend = self._in(sqs_backends, region)
                queue = backend.queues.get(resource) if backend else None
                return dict(queue.tags) if queue else {}
            case "iam" if resource.startswith("role/"):
                roles = self._iam.roles.values()
                role = next((role for role in roles if role.arn == arn), None)
                return {tag["Key"]: tag["Value"] for tag in (role.tags if role else None) or ()}
        return {}

    @property
    def _iam(self) -> Any:
        return iam_backends[self._account_id]["aws"]
