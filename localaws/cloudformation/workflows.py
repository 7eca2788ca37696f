"""Step Functions in templates, with the ways to give a definition that moto lacks."""

import json
import re
from typing import Any

from localaws.cloudformation.resource import ApiResource, Properties, _client

_SUBSTITUTION = re.compile(r"\$\{(\w+)\}")


class StateMachine(ApiResource):
    """A state machine whose definition is a string, an object, or an object in S3."""

    TYPE = "AWS::StepFunctions::StateMachine"
    NAME_PROPERTY = "StateMachineName"
    ATTRIBUTES = ("Arn", "Name")

    def create(self, name: str) -> None:
        """Create it."""
        answer = self.call(
            "stepfunctions",
            "create_state_machine",
            name=name,
            definition=self._definition(self.properties),
            roleArn=self.properties["RoleArn"],
            type=self.properties.get("StateMachineType", "STANDARD"),
        )
        self.physical_resource_id = answer["stateMachineArn"]
        self.attributes = {"Arn": self.physical_resource_id, "Name": name}

    def change(self, new: Properties) -> bool:
        """Change definition and role; executions that run keep what they started with."""
        self.call(
            "stepfunctions",
            "update_state_machine",
            stateMachineArn=self.physical_resource_id,
            definition=self._definition(new),
            roleArn=new["RoleArn"],
        )
        return True

    def remove(self) -> None:
        """Delete it."""
        self.call(
            "stepfunctions", "delete_state_machine", stateMachineArn=self.physical_resource_id
        )

    def _definition(self, properties: Properties) -> str:
        if "DefinitionS3Location" in properties:
            place = properties["DefinitionS3Location"]
            stored: dict[str, Any] = _client("s3", self.region).get_object(
                Bucket=place["Bucket"], Key=place["Key"]
            )
            text = stored["Body"].read().decode()
        elif "Definition" in properties:
            text = json.dumps(properties["Definition"])
        else:
            text = str(properties["DefinitionString"])
        values: dict[str, Any] = properties.get("DefinitionSubstitutions", {})
        return _SUBSTITUTION.sub(lambda found: str(values.get(found[1], found[0])), text)
