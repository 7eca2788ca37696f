"""Change sets: created, checked and executed as on AWS; those of type IMPORT take resources over.

An import changes nothing but the stack: the resources come under its management as they are. Its
rules are those of the user guide ("Import AWS resources into a CloudFormation stack"):

- each resource to import has a deletion policy, and is of a type that can be imported;
- it exists, and belongs to no stack;
- nothing else changes, outputs included.
"""

from typing import Any

from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import Change, CloudFormationBackend, Stack
from moto.cloudformation.responses import CloudFormationResponse
from moto.cloudformation.utils import generate_stack_id
from moto.core.responses import ActionResult

from localaws.cloudformation import stack_resources, stacks
from localaws.cloudformation.api_resource import ApiResource

MOTO_RESPONSE = CloudFormationResponse.create_change_set
MOTO_CREATE = CloudFormationBackend.create_change_set
UNDER_REVIEW = "REVIEW_IN_PROGRESS"


def install(types: tuple[type[ApiResource], ...]) -> None:
    """Replace what moto does.

    Parameters
    ----------
    types
        Resource types of localaws; those with ``IDENTIFIER`` can be imported.
    """
    importable = {resource.TYPE: resource for resource in types if resource.IDENTIFIER}

    def answer(response: Any) -> Any:
        if response._get_param("ChangeSetType", "CREATE") != "IMPORT":
            return MOTO_RESPONSE(response)
        return create_import(response, importable)

    CloudFormationResponse.create_change_set = answer
    CloudFormationBackend.create_change_set = create_change_set
    CloudFormationBackend.execute_change_set = execute_change_set


def create_change_set(backend: Any, stack_name: str, **options: Any) -> Any:
    """Create a change set of type CREATE or UPDATE; a bad template leaves nothing behind."""
    if options["change_set_type"] == "UPDATE":
        return MOTO_CREATE(backend, stack_name=stack_name, **options)
    existing = _find(backend, stack_name)
    if existing is not None and existing.status != UNDER_REVIEW:
        raise ValidationError(
            message=f"Stack [{stack_name}] already exists and cannot be created again with the "
            f"changeSet [{options['change_set_name']}]."
        )
    stack = existing or _new_stack(backend, stack_name, options)
    stacks.check(stack, options["template"], options["parameters"])
    if existing is not None:
        del backend.stacks[existing.stack_id]  # moto makes another one
    return MOTO_CREATE(backend, stack_name=stack_name, **options)


def execute_change_set(backend: Any, change_set_name: str, stack_name: str | None = None) -> None:
    """Execute a change set, as ``aws cloudformation deploy`` does."""
    del stack_name
    change_set = backend.describe_change_set(change_set_name)
    stack = backend.stacks[change_set.stack_id]
    if change_set.change_set_type == "IMPORT":
        _import(stack, change_set)
    elif change_set.change_set_type == "CREATE":
        _describe(stack, change_set)
        stack._add_stack_event("CREATE_IN_PROGRESS", resource_status_reason="User Initiated")
        stack.create_resources()
        stacks.register_exports(backend, stack)
    else:
        stack.update(
            change_set.template, change_set.role_arn, change_set.parameters, change_set.tags
        )
    change_set.execution_status = "EXECUTE_COMPLETE"


def create_import(response: Any, importable: dict[str, type[ApiResource]]) -> Any:
    """Answer ``CreateChangeSet`` of type IMPORT."""
    backend, name = response.cloudformation_backend, response._get_param("StackName")
    stack = _find(backend, name)
    previous = {} if stack is None else stack.stack_parameters
    given = response._get_param("Parameters", [])
    options = {
        "change_set_name": response._get_param("ChangeSetName"),
        "template": _template_of(response, stack),
        "parameters": response._get_param_values(given, previous),
        "description": response._get_param("Description"),
        "notification_arns": response._get_param("NotificationARNs", []),
        "tags": {item["Key"]: item["Value"] for item in response._get_param("Tags", [])},
        "role_arn": response._get_param("RoleARN"),
    }
    wanted = response._get_param("ResourcesToImport", [])
    is_new = stack is None or stack.status == UNDER_REVIEW
    checked = _new_stack(backend, name, options) if stack is None else stack
    stacks.check(checked, options["template"], options["parameters"])
    template = Stack.parse_template(options["template"])
    _refuse_what_cannot_be_imported(backend, template, wanted, importable)
    # Parsed again: moto fills gaps in the template that it works with.
    before = {} if is_new else Stack.parse_template(checked.template)
    _refuse_other_changes(before, template, wanted)
    if is_new:
        if stack is not None:
            del backend.stacks[stack.stack_id]
        kind = "CREATE"
    else:
        kind = "UPDATE"
    identity, stack_id = MOTO_CREATE(backend, stack_name=name, change_set_type=kind, **options)
    change_set = backend.change_sets[identity]
    change_set.change_set_type = "IMPORT"
    change_set.localaws_imports = [
        (importable[item["ResourceType"]], item["LogicalResourceId"], item["ResourceIdentifier"])
        for item in wanted
    ]
    change_set.changes = [
        Change("Import", item["LogicalResourceId"], item["ResourceType"]) for item in wanted
    ]
    return ActionResult({"Id": identity, "StackId": stack_id})


def _template_of(response: Any, stack: Any) -> str:
    if url := response._get_param("TemplateURL"):
        return str(response._get_stack_from_s3_url(url))
    if response._get_bool_param("UsePreviousTemplate", False) and stack is not None:
        return str(stack.template)
    if body := response._get_param("TemplateBody"):
        return str(body)
    raise ValidationError(message="Either Template URL or Template Body must be specified.")


def _refuse_what_cannot_be_imported(
    backend: Any,
    template: dict[str, Any],
    wanted: list[dict[str, Any]],
    importable: dict[str, type[ApiResource]],
) -> None:
    if not wanted:
        raise ValidationError(
            message="ResourcesToImport must be specified when ChangeSetType is IMPORT"
        )
    names = [item["LogicalResourceId"] for item in wanted]
    resources = template["Resources"]
    if missing := [name for name in names if name not in resources]:
        raise ValidationError(
            message=f"Resources [{', '.join(missing)}] are missing from the template"
        )
    if loose := [name for name in names if "DeletionPolicy" not in resources[name]]:
        raise ValidationError(
            message=f"The following resources to import [{', '.join(loose)}] must have "
            "DeletionPolicy attribute specified in the template."
        )
    for item in wanted:
        kind = importable.get(item["ResourceType"])
        if kind is None:
            raise ValidationError(
                message=f"ResourceTypes [{item['ResourceType']}] are not supported for Import "
                "(by localaws)"
            )
        if set(item["ResourceIdentifier"]) != {kind.IDENTIFIER}:
            raise ValidationError(
                message=f"Invalid ResourceIdentifier for {item['LogicalResourceId']}: "
                f"{item['ResourceType']} is identified by {kind.IDENTIFIER}"
            )
        _refuse_managed(backend, item, kind.IDENTIFIER)


def _refuse_managed(backend: Any, item: dict[str, Any], identifier: str) -> None:
    value = item["ResourceIdentifier"][identifier]
    for stack in backend.stacks.values():
        for resource in stack.stack_resources:
            if (
                getattr(resource, "cf_resource_type", None) == item["ResourceType"]
                and resource.physical_resource_id == value
            ):
                raise ValidationError(message=f"{value} already exists in stack {stack.stack_id}")


def _refuse_other_changes(
    old: dict[str, Any], new: dict[str, Any], wanted: list[dict[str, Any]]
) -> None:
    before, after = old.get("Resources", {}), new["Resources"]
    imported = {item["LogicalResourceId"] for item in wanted}
    changed = [
        name
        for name in {**before, **after}
        if name not in imported and before.get(name) != after.get(name)
    ]
    if changed:
        raise ValidationError(
            message=f"You have modified resources {changed} in your template that are not being "
            "imported. Update, create or delete operations cannot be executed during import "
            "operations."
        )
    # AWS's words, as issue 6 of awslabs/aws-security-assessment-solution quotes them.
    if (old.get("Outputs") or {}) != (new.get("Outputs") or {}):
        raise ValidationError(
            message="As part of the import operation, you cannot modify or add [Outputs]"
        )


def _import(stack: Any, change_set: Any) -> None:
    """Take the resources over, or leave the stack as it was."""
    before = stack.template, stack.parameters
    stack._add_stack_event("IMPORT_IN_PROGRESS", resource_status_reason="User Initiated")
    stack.status = "IMPORT_IN_PROGRESS"
    resource_map = stack.resource_map
    _describe(stack, change_set)
    stack.resource_map._parsed_resources.update(
        {
            name: resource_map._parsed_resources[name]
            for name in resource_map._resource_json_map
            if name in resource_map._parsed_resources
        }
    )
    stack_resources.resolved_properties(stack.resource_map).update(
        stack_resources.resolved_properties(resource_map)
    )
    telling = stacks.telling_of(stack, "IMPORT")
    try:
        for kind, logical_id, identifier in change_set.localaws_imports:
            value = identifier[kind.IDENTIFIER]
            stack_resources.adopt(stack.resource_map, logical_id, kind, value, telling)
    except stack_resources.ResourceFailedError as failure:
        stack.resource_map = resource_map
        stack.template, stack.parameters = before
        if stack.template:
            stack._parse_template()
        stack.status = "IMPORT_ROLLBACK_COMPLETE"
        stack._add_stack_event(stack.status, failure.reason)
        return
    stack.tags = change_set.tags or stack.tags
    stack.status = "IMPORT_COMPLETE"
    stack._add_stack_event("IMPORT_COMPLETE")


def _describe(stack: Any, change_set: Any) -> None:
    """Let a stack have the template of a change set, and nothing made of it yet."""
    stack.template, stack.parameters = change_set.template, change_set.parameters
    stack._parse_template()
    stack.description = stack.template_dict.get("Description")
    stack.resource_map = stack._create_resource_map()
    stack.output_map = stack._create_output_map()


def _find(backend: Any, name: str) -> Any:
    return next((s for s in backend.stacks.values() if name in {s.name, s.stack_id}), None)


def _new_stack(backend: Any, name: str, options: dict[str, Any]) -> Any:
    """Return a stack that is in no list yet."""
    return Stack(
        stack_id=generate_stack_id(name, backend.region_name, backend.account_id),
        name=name,
        template={},
        parameters={},
        account_id=backend.account_id,
        region_name=backend.region_name,
        tags=options["tags"],
        cross_stack_resources=backend.exports,
    )
