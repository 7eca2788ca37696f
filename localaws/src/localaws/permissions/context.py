"""The values of condition keys that a request itself tells."""

from collections.abc import Iterator, Mapping
from typing import Any

from localaws.permissions.model import ApiRequest

Context = dict[str, str | list[str]]

_TAG_PARAMETERS = ("Tags", "tags", "TagList", "tagList", "TagSpecifications", "TagSpecification")
_TAG_KEY_PARAMETERS = ("TagKeys", "tagKeys", "TagKey", "tagKeyList")

_PARAMETERS_OF_KEYS = {
    "cloudformation:ChangeSetName": "ChangeSetName",
    "cloudformation:RoleArn": "RoleARN",
    "cloudformation:StackPolicyUrl": "StackPolicyURL",
    "cloudformation:TemplateUrl": "TemplateURL",
    "cloudwatch:namespace": "Namespace",
    "ecs:cluster": "cluster",
    "ecs:enable-execute-command": "enableExecuteCommand",
    "iam:AWSServiceName": "AWSServiceName",
    "iam:PermissionsBoundary": "PermissionsBoundary",
    "iam:PolicyARN": "PolicyArn",
    "kms:GrantOperations": "Operations",
    "lambda:FunctionUrlAuthType": "FunctionUrlAuthType",
    "lambda:Principal": "Principal",
    "logs:LogGeneratingResourceArns": "resourceArn",
    "secretsmanager:Name": "Name",
    "secretsmanager:SecretId": "SecretId",
    "secretsmanager:VersionId": "VersionId",
    "secretsmanager:VersionStage": "VersionStage",
    "sns:Endpoint": "Endpoint",
    "sns:Protocol": "Protocol",
    "ssm:Overwrite": "Overwrite",
    "sts:ExternalId": "ExternalId",
    "sts:RoleSessionName": "RoleSessionName",
    "sts:SourceIdentity": "SourceIdentity",
}
"""Condition keys whose value is a parameter of the request.

Source: the condition keys of each service in the Service Authorization Reference.
"""


def common_context(request: ApiRequest) -> Context:
    """Return the keys that each request has, and the tags that it sends.

    The endpoint here has no TLS and stands for one of AWS that has: ``aws:SecureTransport`` is
    true.
    """
    context: Context = {
        "aws:RequestedRegion": request.region,
        "aws:ResourceAccount": request.account_id,
        "aws:SecureTransport": "true",
    }
    keys = []
    for key, value in sent_tags(request.parameters):
        context[f"aws:RequestTag/{key}"] = value
        keys.append(key)
    keys += [key for name in _TAG_KEY_PARAMETERS for key in request.texts(name)]
    if keys:
        context["aws:TagKeys"] = keys
    return context


def own_context(request: ApiRequest, keys: frozenset[str]) -> Context:
    """Return the values of the condition keys of an action that are parameters of the request."""
    context: Context = {}
    for key in keys & _PARAMETERS_OF_KEYS.keys():
        value = request.get(_PARAMETERS_OF_KEYS[key])
        if isinstance(value, bool):
            context[key] = str(value).lower()
        elif isinstance(value, (str, int)):
            context[key] = str(value)
        elif isinstance(value, list):
            context[key] = [str(item) for item in value]
    return context


def sent_tags(parameters: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the tags in the parameters, in whichever of AWS's forms they came."""
    for name in _TAG_PARAMETERS:
        tags = parameters.get(name)
        if isinstance(tags, dict):
            yield from ((str(key), str(value)) for key, value in tags.items())
        elif isinstance(tags, list):
            for tag in tags:
                yield from _tag(tag)


def _tag(tag: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(tag, dict):
        return
    for inner in ("Tag", "Tags"):  # EC2's TagSpecifications
        for item in tag.get(inner) or ():
            yield from _tag(item)
    fields = {name.lower().removeprefix("tag"): value for name, value in tag.items()}
    if "key" in fields:
        yield str(fields["key"]), str(fields.get("value") or "")
