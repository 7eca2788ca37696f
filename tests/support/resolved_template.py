"""The template with its functions resolved, as CloudFormation resolves them for one stack."""

import re
from typing import Any

ACCOUNT = "111122223333"
REGION = "eu-west-1"
STACK = "wistia"

_PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::StackName": STACK,
    "AWS::URLSuffix": "amazonaws.com",
}
_HERE = f"{REGION}:{ACCOUNT}"
# The property that names a resource, and its ARN.
_ARNS = {
    "AWS::Athena::WorkGroup": ("Name", f"arn:aws:athena:{_HERE}:workgroup/{{}}"),
    "AWS::CodeBuild::Project": ("Name", f"arn:aws:codebuild:{_HERE}:project/{{}}"),
    "AWS::ECR::Repository": ("RepositoryName", f"arn:aws:ecr:{_HERE}:repository/{{}}"),
    "AWS::ECS::Cluster": ("ClusterName", f"arn:aws:ecs:{_HERE}:cluster/{{}}"),
    "AWS::ECS::TaskDefinition": ("Family", f"arn:aws:ecs:{_HERE}:task-definition/{{}}:7"),
    "AWS::Glue::Crawler": ("Name", f"arn:aws:glue:{_HERE}:crawler/{{}}"),
    "AWS::Glue::Database": ("DatabaseInput.Name", f"arn:aws:glue:{_HERE}:database/{{}}"),
    "AWS::Glue::Job": ("Name", f"arn:aws:glue:{_HERE}:job/{{}}"),
    "AWS::IAM::Role": ("RoleName", f"arn:aws:iam::{ACCOUNT}:role/{{}}"),
    "AWS::Lambda::Function": ("FunctionName", f"arn:aws:lambda:{_HERE}:function:{{}}"),
    "AWS::Logs::LogGroup": ("LogGroupName", f"arn:aws:logs:{_HERE}:log-group:{{}}:*"),
    "AWS::S3::Bucket": ("BucketName", "arn:aws:s3:::{}"),
    "AWS::SNS::Topic": ("TopicName", f"arn:aws:sns:{_HERE}:{{}}"),
    "AWS::SQS::Queue": ("QueueName", f"arn:aws:sqs:{_HERE}:{{}}"),
    "AWS::Scheduler::Schedule": ("Name", f"arn:aws:scheduler:{_HERE}:schedule/default/{{}}"),
    "AWS::SecretsManager::Secret": ("Name", f"arn:aws:secretsmanager:{_HERE}:secret:{{}}-a1B2c3"),
    "AWS::StepFunctions::StateMachine": ("StateMachineName", f"arn:aws:states:{_HERE}:stateMachine:{{}}"),
}  # fmt: skip
_REF_IS_ARN = {
    "AWS::ECS::TaskDefinition",
    "AWS::SNS::Topic",
    "AWS::SecretsManager::Secret",
    "AWS::StepFunctions::StateMachine",
}


class ResolvedTemplate:
    """
    A template as one stack with the default parameters has it.

    Parameters
    ----------
    template
        The parsed template, with its short forms as ``{"Fn::Name": …}``.
    """

    def __init__(self, template: dict[str, Any]) -> None:
        self._template = template
        self._resources = template["Resources"]

    def properties(self, resource: str) -> Any:
        """Return the resolved properties of a resource."""
        return self.resolve(self._resources[resource]["Properties"])

    def arn(self, resource: str) -> str:
        """Return the ARN of a resource."""
        kind = self._resources[resource]["Type"]
        return _ARNS[kind][1].format(self.name(resource))

    def name(self, resource: str) -> str:
        """Return the name of a resource; one that CloudFormation makes up begins as it does."""
        declared = self._resources[resource]
        value = declared["Properties"]
        for part in _ARNS[declared["Type"]][0].split("."):
            value = value.get(part, f"{STACK}-{resource}-0A1B2C3D")
        return str(self.resolve(value))

    def resolve(self, value: Any) -> Any:
        """Return a value without functions; what is ``AWS::NoValue`` is left out."""
        if isinstance(value, list):
            found = [self.resolve(item) for item in value]
            return [item for item in found if item is not None]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            name, argument = next(iter(value.items()))
            if name == "Ref":
                return self._ref(argument)
            if name.startswith("Fn::"):
                return getattr(self, f"_{name[4:].lower()}")(argument)
        found = {key: self.resolve(item) for key, item in value.items()}
        return {key: item for key, item in found.items() if item is not None}

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return None
        if name in _PSEUDO:
            return _PSEUDO[name]
        if name in self._template["Parameters"]:
            return self._template["Parameters"][name].get("Default", f"the-{name.lower()}")
        is_arn = self._resources[name]["Type"] in _REF_IS_ARN
        return self.arn(name) if is_arn else self.name(name)

    def _sub(self, text: str) -> str:
        def value(found: re.Match[str]) -> str:
            resource, _, attribute = found[1].partition(".")
            return str(self._getatt([resource, attribute]) if attribute else self._ref(resource))

        return re.sub(r"\$\{([^!}][^}]*)\}", value, text)

    def _getatt(self, argument: list[str]) -> str:
        resource, attribute = argument
        return self.arn(resource) if attribute == "Arn" else f"{self.name(resource)}.{attribute}"

    def _if(self, argument: list[Any]) -> Any:
        condition, then, otherwise = argument
        return self.resolve(
            then if self._holds(self._template["Conditions"][condition]) else otherwise
        )

    def _select(self, argument: list[Any]) -> Any:
        index, values = argument
        found = self.resolve(values)
        return (found.split(",") if isinstance(found, str) else found)[int(index)]

    def _join(self, argument: list[Any]) -> str:
        return str(argument[0]).join(self.resolve(argument[1]))

    def _getazs(self, _argument: Any) -> list[str]:
        return [f"{REGION}{letter}" for letter in "abc"]

    def _holds(self, condition: Any) -> bool:
        name, argument = next(iter(condition.items()))
        if name == "Condition":
            return self._holds(self._template["Conditions"][argument])
        if name == "Fn::Equals":
            return self.resolve(argument[0]) == self.resolve(argument[1])
        parts = [self._holds(part) for part in argument]
        return {"Fn::Not": not parts[0], "Fn::And": all(parts), "Fn::Or": any(parts)}[name]
