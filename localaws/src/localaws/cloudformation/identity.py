"""``AWS::IAM::Role``. moto's cannot update the policies of a role."""

import json
from typing import Any

from localaws.cloudformation.api_resource import ApiResource, Properties


class Role(ApiResource):
    """``AWS::IAM::Role``."""

    TYPE = "AWS::IAM::Role"
    NAME_PROPERTY = "RoleName"
    ATTRIBUTES = ("Arn", "RoleId")
    SCALARS = ("Description", "MaxSessionDuration")

    def create(self, name: str) -> None:
        """Create the role with its policies."""
        optional = {
            key: self.properties[key]
            for key in (*self.SCALARS, "Path", "PermissionsBoundary", "Tags")
            if key in self.properties
        }
        trust = json.dumps(self.properties["AssumeRolePolicyDocument"])
        answer = self.call(
            "iam", "create_role", RoleName=name, AssumeRolePolicyDocument=trust, **optional
        )
        self.physical_resource_id = name
        self.attributes = {"Arn": answer["Role"]["Arn"], "RoleId": answer["Role"]["RoleId"]}
        self._put_policies({}, self.properties)

    def change(self, new: Properties) -> bool:
        """Change trust and policies; a path cannot be changed."""
        if new.get("Path") != self.properties.get("Path"):
            return False
        name = self.physical_resource_id
        trust = json.dumps(new["AssumeRolePolicyDocument"])
        self.call("iam", "update_assume_role_policy", RoleName=name, PolicyDocument=trust)
        scalars = {key: new[key] for key in self.SCALARS if key in new}
        self.call("iam", "update_role", RoleName=name, **scalars)
        self._put_policies(self.properties, new)
        return True

    def remove(self) -> None:
        """Delete the role with its policies."""
        self._put_policies(self.properties, {})
        self.call("iam", "delete_role", RoleName=self.physical_resource_id)

    def _put_policies(self, old: Properties, new: Properties) -> None:
        role = {"RoleName": self.physical_resource_id}
        inline = _inline_policies(new)
        for policy_name in _inline_policies(old).keys() - inline.keys():
            self.call("iam", "delete_role_policy", **role, PolicyName=policy_name)
        for policy_name, document in inline.items():
            parameters = {"PolicyName": policy_name, "PolicyDocument": json.dumps(document)}
            self.call("iam", "put_role_policy", **role, **parameters)
        before, after = (set(part.get("ManagedPolicyArns", [])) for part in (old, new))
        for arn in before - after:
            self.call("iam", "detach_role_policy", **role, PolicyArn=arn)
        for arn in after - before:
            self.call("iam", "attach_role_policy", **role, PolicyArn=arn)


def _inline_policies(properties: Properties) -> dict[str, Any]:
    return {
        policy["PolicyName"]: policy["PolicyDocument"] for policy in properties.get("Policies", [])
    }
