"""The order in which a template's resources are made."""

from localaws.cloudformation.dependencies import in_order, references


def test_a_resource_comes_after_those_it_refers_to():
    # GIVEN resources that refer to each other in every way a template has
    resources = {
        "Function": {
            "DependsOn": "Logs",
            "Properties": {
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Code": {"S3Bucket": {"Ref": "Bucket"}},
                "Description": {"Fn::Sub": "writes to ${Topic.Arn} in ${AWS::Region}"},
            },
        },
        "Topic": {},
        "Bucket": {},
        "Role": {"Properties": {"Path": {"Fn::Join": ["/", [{"Ref": "Bucket"}]]}}},
        "Logs": {},
    }

    # WHEN they are ordered
    ordered = in_order(resources)

    # THEN the one that refers to all others is last, and the bucket precedes the role
    assert ordered[-1] == "Function"
    assert ordered.index("Bucket") < ordered.index("Role")
    assert sorted(ordered) == sorted(resources)


def test_a_literal_and_a_variable_of_sub_are_no_references():
    # GIVEN a Sub with a variable of its own and an escaped name
    part = {"Fn::Sub": ["${Mine} ${!Literal} ${Bucket}", {"Mine": {"Ref": "Topic"}}]}

    # WHEN its references are asked for
    names = set(references(part))

    # THEN only resources are among them
    assert names == {"Bucket", "Topic"}
