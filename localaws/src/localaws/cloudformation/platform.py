"""Resource types of the platform: secrets, builds, Lambda's asynchronous calls."""

import json
from typing import Any

from localaws.cloudformation.api_resource import ApiResource, Properties, lower_first


class Secret(ApiResource):
    """``AWS::SecretsManager::Secret``."""

    TYPE = "AWS::SecretsManager::Secret"
    NAME_PROPERTY = "Name"
    ATTRIBUTES = ("Id",)
    IDENTIFIER = "Id"

    def find(self, identifier: str) -> None:
        """Find the secret; its value stays as it is."""
        answer = self.call("secretsmanager", "describe_secret", SecretId=identifier)
        if self.properties.get("Name", answer["Name"]) != answer["Name"]:
            raise ValueError(f"The template's Name is not {answer['Name']}")
        self.physical_resource_id = answer["ARN"]
        self.attributes = {"Id": answer["ARN"]}

    def create(self, name: str) -> None:
        """Create the secret, with a generated value if the template asks for one."""
        given = {
            key: self.properties[key]
            for key in ("Description", "KmsKeyId", "Tags")
            if key in self.properties
        }
        # Without a value in the template, AWS makes one up, too.
        value = self.properties.get("SecretString") or self._generate(self.properties)
        answer = self.call(
            "secretsmanager", "create_secret", Name=name, SecretString=value, **given
        )
        self.physical_resource_id = answer["ARN"]
        self.attributes = {"Id": answer["ARN"]}

    def change(self, new: Properties) -> bool:
        """Change the secret; a generated value stays unless how to generate it has changed."""
        changes: dict[str, Any] = {"SecretId": self.physical_resource_id}
        if "Description" in new:
            changes["Description"] = new["Description"]
        if new.get("SecretString") != self.properties.get("SecretString") and "SecretString" in new:
            changes["SecretString"] = new["SecretString"]
        elif new.get("GenerateSecretString") != self.properties.get("GenerateSecretString"):
            changes["SecretString"] = self._generate(new)
        self.call("secretsmanager", "update_secret", **changes)
        return True

    def remove(self) -> None:
        """Delete the secret for good, as CloudFormation does."""
        self.call(
            "secretsmanager",
            "delete_secret",
            SecretId=self.physical_resource_id,
            ForceDeleteWithoutRecovery=True,
        )

    def _generate(self, properties: Properties) -> str:
        options = dict(properties.get("GenerateSecretString") or {})
        template = options.pop("SecretStringTemplate", None)
        key = options.pop("GenerateStringKey", None)
        password: str = self.call("secretsmanager", "get_random_password", **options)[
            "RandomPassword"
        ]
        if template is None:
            return password
        return json.dumps({**json.loads(template), key: password})


class EventInvokeConfig(ApiResource):
    """``AWS::Lambda::EventInvokeConfig``."""

    TYPE = "AWS::Lambda::EventInvokeConfig"

    def create(self, name: str) -> None:
        """Put the configuration."""
        self.physical_resource_id = name
        self.change(self.properties)

    def change(self, new: Properties) -> bool:
        """Put the configuration again."""
        if new["FunctionName"] != self.properties["FunctionName"]:
            return False
        self.call("lambda", "put_function_event_invoke_config", **new)
        return True

    def remove(self) -> None:
        """Delete the configuration."""
        place = {
            key: value
            for key, value in self.properties.items()
            if key in {"FunctionName", "Qualifier"}
        }
        self.call("lambda", "delete_function_event_invoke_config", **place)


class BuildProject(ApiResource):
    """``AWS::CodeBuild::Project``; its builds do not run here."""

    TYPE = "AWS::CodeBuild::Project"
    NAME_PROPERTY = "Name"
    ATTRIBUTES = ("Arn",)

    def create(self, name: str) -> None:
        """Create the project."""
        parameters = lower_first({**self.properties, "Name": name})
        for source in (parameters.get("source", {}), *parameters.get("secondarySources", [])):
            if "buildSpec" in source:  # the one key that the API spells otherwise
                source["buildspec"] = source.pop("buildSpec")
        answer = self.call("codebuild", "create_project", **parameters)
        self.physical_resource_id = name
        self.attributes = {"Arn": answer["project"]["arn"]}

    def remove(self) -> None:
        """Delete the project."""
        self.call("codebuild", "delete_project", name=self.physical_resource_id)
