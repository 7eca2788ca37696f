"""Resource types that run code: Lambda functions and state machines.

moto has them, but its Lambda update passes over missing code, and its state machines know neither
definitions in S3 nor substitutions.
"""

import io
import json
import re
import zipfile
from typing import Any

import yaml
from botocore.exceptions import ClientError

from localaws.cloudformation.api_resource import ApiResource, Properties, lower_first

SUBSTITUTION = re.compile(r"\$\{(\w+)\}")
INLINE_MODULES = {"python": "index.py", "nodejs": "index.js"}


class LambdaFunction(ApiResource):
    """``AWS::Lambda::Function``."""

    TYPE = "AWS::Lambda::Function"
    NAME_PROPERTY = "FunctionName"
    ATTRIBUTES = ("Arn",)
    CREATE_ONLY = frozenset({"Architectures", "Code", "FunctionName", "PackageType", "Tags"})
    ELSEWHERE = frozenset(
        {"ReservedConcurrentExecutions", "RecursiveLoop", "RuntimeManagementConfig"}
    )

    def create(self, name: str) -> None:
        """Create the function."""
        parameters = {
            key: value for key, value in self.properties.items() if key not in self.ELSEWHERE
        }
        parameters["Tags"] = {tag["Key"]: tag["Value"] for tag in parameters.get("Tags", [])}
        parameters["Code"] = self._code(self.properties)
        answer = self.call("lambda", "create_function", **{**parameters, "FunctionName": name})
        self.physical_resource_id = name
        self.attributes = {"Arn": answer["FunctionArn"]}
        self._reserve(self.properties)

    def change(self, new: Properties) -> bool:
        """Change code and configuration."""
        name = self.physical_resource_id
        # The code always: the same key may hold other code by now.
        self.call("lambda", "update_function_code", FunctionName=name, **self._code(new))
        configuration = {
            key: value
            for key, value in new.items()
            if key not in self.CREATE_ONLY and key not in self.ELSEWHERE
        }
        self.call("lambda", "update_function_configuration", FunctionName=name, **configuration)
        self._reserve(new)
        return True

    def remove(self) -> None:
        """Delete the function."""
        self.call("lambda", "delete_function", FunctionName=self.physical_resource_id)

    def _reserve(self, properties: Properties) -> None:
        if "ReservedConcurrentExecutions" in properties:
            self.call(
                "lambda",
                "put_function_concurrency",
                FunctionName=self.physical_resource_id,
                ReservedConcurrentExecutions=properties["ReservedConcurrentExecutions"],
            )

    def _code(self, properties: Properties) -> dict[str, Any]:
        """Return where the code is; code that the template contains is packed."""
        code = dict(properties["Code"])
        if "S3Key" in code:  # moto takes a key that is not there for an empty package
            self._check_exists(code)
        if "ZipFile" in code:
            runtime = str(properties.get("Runtime", "python"))
            name = next(
                (file for kind, file in INLINE_MODULES.items() if runtime.startswith(kind)),
                "index.py",
            )
            packed = io.BytesIO()
            with zipfile.ZipFile(packed, "w") as archive:
                archive.writestr(name, code["ZipFile"])
            code["ZipFile"] = packed.getvalue()
        return code

    def _check_exists(self, code: dict[str, Any]) -> None:
        place = {"Bucket": code["S3Bucket"], "Key": code["S3Key"]}
        try:
            self.call("s3", "head_object", **place)
        except ClientError as error:
            raise ValueError(
                "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The"
                f" specified key does not exist. (s3://{place['Bucket']}/{place['Key']})"
            ) from error


class StateMachine(ApiResource):
    """``AWS::StepFunctions::StateMachine``."""

    TYPE = "AWS::StepFunctions::StateMachine"
    NAME_PROPERTY = "StateMachineName"
    ATTRIBUTES = ("Arn", "Name", "StateMachineRevisionId")

    def create(self, name: str) -> None:
        """Create the state machine."""
        tags = [
            {"key": tag["Key"], "value": tag["Value"]} for tag in self.properties.get("Tags", [])
        ]
        answer = self.call(
            "stepfunctions",
            "create_state_machine",
            name=name,
            type=self.properties.get("StateMachineType", "STANDARD"),
            tags=tags,
            **self._changeable(self.properties),
        )
        self.physical_resource_id = answer["stateMachineArn"]
        self.attributes = {
            "Arn": self.physical_resource_id,
            "Name": name,
            "StateMachineRevisionId": "INITIAL",
        }

    def change(self, new: Properties) -> bool:
        """Change everything but the type; executions that run go on with the old definition."""
        if new.get("StateMachineType") != self.properties.get("StateMachineType"):
            return False
        arn = self.physical_resource_id
        changeable = self._changeable(new)
        self.call("stepfunctions", "update_state_machine", stateMachineArn=arn, **changeable)
        return True

    def remove(self) -> None:
        """Delete the state machine."""
        arn = self.physical_resource_id
        self.call("stepfunctions", "delete_state_machine", stateMachineArn=arn)

    def _changeable(self, properties: Properties) -> dict[str, Any]:
        parameters: dict[str, Any] = {
            "definition": self._definition(properties),
            "roleArn": properties["RoleArn"],
        }
        for key, parameter in (
            ("LoggingConfiguration", "loggingConfiguration"),
            ("TracingConfiguration", "tracingConfiguration"),
        ):
            if key in properties:
                parameters[parameter] = lower_first(properties[key])
        return parameters

    def _definition(self, properties: Properties) -> str:
        """Return the definition with its substitutions, wherever it stands."""
        if "DefinitionS3Location" in properties:
            location = properties["DefinitionS3Location"]
            place = {"Bucket": location["Bucket"], "Key": location["Key"]}
            if "Version" in location:
                place["VersionId"] = location["Version"]
            text = self.call("s3", "get_object", **place)["Body"].read().decode()
        elif "Definition" in properties:
            text = json.dumps(properties["Definition"])
        else:
            text = properties["DefinitionString"]
        values = properties.get("DefinitionSubstitutions", {})
        text = SUBSTITUTION.sub(lambda match: str(values.get(match.group(1), match.group(0))), text)
        # AWS takes YAML from S3 as well; the API takes JSON only.
        return text if text.lstrip().startswith("{") else json.dumps(yaml.safe_load(text))
