"""The policies of this account, read from moto and parsed once for each text."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from moto.iam.models import IAMBackend, Role, User, iam_backends
from moto.s3.models import s3_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from localaws.credentials import Identity, Kind
from localaws.iam.documents import MalformedPolicyError, PolicyDocument
from localaws.iam.evaluation import NamedPolicy, PolicySet

_ADMINISTRATOR = NamedPolicy(
    "AdministratorAccess",
    PolicyDocument.parse(
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
        }
    ),
)


@lru_cache(maxsize=4096)
def parse(text: str) -> PolicyDocument:
    """Return a policy; texts repeat with each request, so each is parsed once."""
    return PolicyDocument.parse(text)


class AccountPolicies:
    """The identity and resource policies of one account.

    Parameters
    ----------
    account_id
        The account.
    """

    def __init__(self, account_id: str) -> None:
        self._account_id = account_id

    @property
    def _iam(self) -> IAMBackend:
        return iam_backends[self._account_id]["aws"]

    def role(self, role_arn: str) -> Role | None:
        """Return moto's role; None if there is none of this ARN."""
        return next((role for role in self._iam.roles.values() if role.arn == role_arn), None)

    def roles(self) -> list[Role]:
        """Return all roles, by name."""
        return sorted(self._iam.roles.values(), key=lambda role: str(role.name))

    def policies_of_role(self, role: Role) -> Iterator[NamedPolicy]:
        """Yield the inline and the attached policies of a role."""
        yield from (NamedPolicy(name, parse(text)) for name, text in role.policies.items())
        for policy in role.managed_policies.values():
            yield NamedPolicy(policy.name, parse(policy.document))

    def trust_of(self, role_arn: str) -> NamedPolicy | None:
        """Return a role's trust policy; None if there is none that can be read."""
        role = self.role(role_arn)
        if role is None:
            return None
        try:
            return NamedPolicy("trust policy", parse(role.assume_role_policy_document))
        except MalformedPolicyError:
            return None  # moto takes any text; nobody is trusted by it

    def of(self, identity: Identity, resource: str) -> PolicySet:
        """Return all policies that have a say in a request.

        Parameters
        ----------
        identity
            Who asks.
        resource
            ARN of what is asked for; its own policy is part of the answer.
        """
        own = self.of_resource(resource)
        if identity.kind in {Kind.OPERATOR, Kind.ENGINE}:
            return PolicySet(identity=(_ADMINISTRATOR,), resource=own)
        if identity.role_arn is None:
            return self._of_user(identity, own)
        role = self.role(identity.role_arn)
        if role is None:
            return PolicySet(identity=(), resource=own)
        return PolicySet(
            identity=tuple(self.policies_of_role(role)),
            resource=own,
            boundary=self._boundary(role.permissions_boundary_arn),
            session=()
            if identity.session_policy is None
            else (NamedPolicy("session policy", parse(identity.session_policy)),),
        )

    def _of_user(self, identity: Identity, own: NamedPolicy | None) -> PolicySet:
        user = next((u for u in self._iam.users.values() if u.arn == identity.arn), None)
        if user is None:
            return PolicySet(identity=(), resource=own)
        return PolicySet(identity=tuple(self._policies_of_user(user)), resource=own)

    def _policies_of_user(self, user: User) -> Iterator[NamedPolicy]:
        holders: list[Any] = [user, *self._iam.get_groups_for_user(user.name)]
        for holder in holders:
            yield from (NamedPolicy(name, parse(text)) for name, text in holder.policies.items())
            for policy in holder.managed_policies.values():
                yield NamedPolicy(policy.name, parse(policy.document))

    def _boundary(self, arn: str | None) -> NamedPolicy | None:
        if arn is None:
            return None
        policy = self._iam.get_policy(arn)
        return NamedPolicy(policy.name, parse(policy.document))

    def of_resource(self, resource: str) -> NamedPolicy | None:
        """Return the policy that is attached to a resource itself; None if there is none."""
        parts = resource.split(":", 5)
        if len(parts) < 6:
            return None
        reader = _RESOURCE_POLICIES.get(parts[2])
        text = None if reader is None else reader(self._account_id, parts[3], resource, parts[5])
        if not text:
            return None
        return NamedPolicy("resource-based policy", parse(text))


def _of_bucket(account_id: str, _region: str, _arn: str, name: str) -> str | None:
    bucket = s3_backends[account_id]["aws"].buckets.get(name.partition("/")[0])
    policy = None if bucket is None else bucket.policy
    return policy.decode() if isinstance(policy, bytes) else policy


def _of_topic(account_id: str, region: str, arn: str, _name: str) -> str | None:
    topic = sns_backends[account_id][region].topics.get(arn)
    return None if topic is None else topic.policy


def _of_queue(account_id: str, region: str, _arn: str, name: str) -> str | None:
    queue = sqs_backends[account_id][region].queues.get(name)
    policy = None if queue is None else queue.attributes.get("Policy")
    return policy or None


def _of_secret(account_id: str, region: str, arn: str, _name: str) -> str | None:
    secrets = secretsmanager_backends[account_id][region].secrets
    secret = next((item for item in secrets.values() if item.arn == arn), None)
    policy = None if secret is None else secret.policy
    return policy or None


_RESOURCE_POLICIES = {
    "s3": _of_bucket,
    "sns": _of_topic,
    "sqs": _of_queue,
    "secretsmanager": _of_secret,
}
"""Services whose policies are read. moto keeps others' and nothing here asks them."""
SERVICES_WITH_POLICIES = frozenset(_RESOURCE_POLICIES)
