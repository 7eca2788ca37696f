"""Definitions that Step Functions refuses are refused, in its words; others are taken."""

import json
from typing import Any

import pytest

from localaws.step_functions import definition, timestamps

PASS: dict[str, Any] = {"Type": "Pass", "End": True}
LAMBDA = "arn:aws:states:::lambda:invoke"
TASK: dict[str, Any] = {"Type": "Task", "Resource": LAMBDA, "End": True}


@pytest.fixture(autouse=True)
def _installed() -> None:
    timestamps.install()


def said(states: Any, **machine: Any) -> list[str]:
    """The diagnostics of a machine, which starts at its first state."""
    first = {"StartAt": next(iter(states))} if states else {}
    text = json.dumps({**first, "States": states, **machine})
    return [str(it) for it in definition.diagnose(text)]


def task(**fields: Any) -> dict[str, Any]:
    return {"A": TASK | fields}


def choice(*rules: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"A": {"Type": "Choice", "Choices": list(rules), **fields}, "B": PASS}


# Each with its source where somebody met it on AWS.
QUOTED = [
    # localstack/localstack#12487
    (
        {"pass1": {"Type": "Pass", "Next": "pass3"}, "pass2": PASS},
        [
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: pass3 at /States/pass1/Next",
            'MISSING_TRANSITION_TARGET: State "pass2" is not reachable. at /States/pass2',
        ],
    ),
    # floci-io/floci#2735
    (
        {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}},
        ["MISSING_END_STATE: Workflow has no terminal state at null"],
    ),
    (
        {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}, "C": PASS},
        ['MISSING_TRANSITION_TARGET: State "C" is not reachable. at /States/C'],
    ),
    (
        {"A": PASS | {"Catch": []}},
        ["SCHEMA_VALIDATION_FAILED: Field 'Catch' is not supported at /States/A"],
    ),
    # A snapshot of localstack's tests against AWS
    (
        {"A": {"Type": "Nope"}},
        [
            (
                "SCHEMA_VALIDATION_FAILED: The field 'Type' should have one of these values: [Task, "
                "Wait, Pass, Succeed, Fail, Choice, Parallel, Map] at /States/A/Type"
            )
        ],
    ),
    (
        task(Retry=[{}]),
        [
            (
                "SCHEMA_VALIDATION_FAILED: These fields are required: [ErrorEquals] at "
                "/States/A/Retry[0]"
            )
        ],
    ),
    (
        task(Resource="arn:aws:states:::aws-sdk:glue:nope"),
        [
            (
                "SCHEMA_VALIDATION_FAILED: The resource provided arn:aws:states:::aws-sdk:glue:nope is "
                "not recognized. The value is not a valid resource ARN, or the resource is not "
                "available in this region. at /States/A/Resource"
            )
        ],
    ),
    (
        task(Parameters={"Payload.$": "input"}),
        [
            (
                "SCHEMA_VALIDATION_FAILED: The value for the field 'Payload.$' must be a valid JSONPath "
                "or a valid intrinsic function call at /States/A/Parameters"
            )
        ],
    ),
    # floci-io/floci#2968
    (
        {"A": PASS | {"Output": {}}},
        [
            (
                "SCHEMA_VALIDATION_FAILED: The QueryLanguage is set to 'JSONPath', but field 'Output' "
                "is only supported for the 'JSONata' QueryLanguage at /States/A"
            )
        ],
    ),
]


@pytest.mark.parametrize(("states", "words"), QUOTED)
def test_faults_that_people_met_on_aws_are_told_in_the_same_words(
    states: dict[str, Any], words: list[str]
) -> None:
    assert said(states) == words


def test_a_start_that_does_not_exist_is_a_missing_target() -> None:
    assert said({"run_step": PASS}, StartAt="own.run_step") == [
        "MISSING_TRANSITION_TARGET: Missing 'Next' target: own.run_step at /StartAt",
        'MISSING_TRANSITION_TARGET: State "run_step" is not reachable. at /States/run_step',
    ]


@pytest.mark.parametrize("field", ["TimeoutSeconds", "Catch", "Retry"])
@pytest.mark.parametrize(
    "kind", ["Pass", "Wait", "Choice", "Succeed", "Fail", "Map", "Parallel", "Task"]
)
def test_a_field_of_another_type_of_state_is_not_supported(kind: str, field: str) -> None:
    """GIVEN the table that floci-io/floci#2735 measured on AWS THEN it holds here."""
    inner = {"StartAt": "X", "States": {"X": PASS}}
    states = {
        "Pass": PASS,
        "Wait": {"Type": "Wait", "Seconds": 1, "End": True},
        "Choice": {"Type": "Choice", "Choices": [{"Variable": "$", "IsNull": True, "Next": "B"}]},
        "Succeed": {"Type": "Succeed"},
        "Fail": {"Type": "Fail"},
        "Map": {"Type": "Map", "ItemProcessor": inner, "End": True},
        "Parallel": {"Type": "Parallel", "Branches": [inner], "End": True},
        "Task": TASK,
    }
    state = states[kind] | {field: 1 if field == "TimeoutSeconds" else []}
    found = said({"A": state, **({"B": PASS} if kind == "Choice" else {})})
    supports = {"TimeoutSeconds": {"Task"}}.get(field, {"Task", "Map", "Parallel"})
    unsupported = f"SCHEMA_VALIDATION_FAILED: Field '{field}' is not supported at /States/A"
    assert found == ([] if kind in supports else [unsupported])


REFUSED = [
    ({"A": {}}, "These fields are required: [Type]"),
    ({"A": {"Type": "Pass"}}, "One of these fields is required: [Next, End]"),
    ({"A": PASS | {"Next": "A"}}, "Only one of these fields is allowed"),
    ({"A": PASS | {"Foo": 1}}, "Field 'Foo' is not supported"),
    ({"A": {"Type": "Task", "End": True}}, "These fields are required: [Resource]"),
    (task(Resource="lambda"), "Value is not a valid resource ARN"),
    (task(Resource="arn:aws:states:::ecs:runTasks.sync"), "is not recognized"),
    (task(TimeoutSeconds=0), "'TimeoutSeconds' should be an integer from 1"),
    (task(TimeoutSeconds="60"), "'TimeoutSeconds' should be an integer from 1"),
    (task(TimeoutSeconds=5, HeartbeatSeconds=5), "smaller than 'TimeoutSeconds'"),
    (task(TimeoutSeconds=5, TimeoutSecondsPath="$.t"), "Only one of these fields"),
    (task(InputPath="input"), "'InputPath' must be a valid JSONPath"),
    (task(InputPath="$.a["), "'InputPath' must be a valid JSONPath"),
    (task(ResultPath="$.a[*]"), "'ResultPath' must be a valid reference path"),
    (task(ResultPath="$$.Execution"), "'ResultPath' must be a valid reference path"),
    (task(Parameters={"a": [{"b.$": "$.x["}]}), "'b.$' must be a valid JSONPath"),
    (task(Parameters={"a.$": "States.Nope($.x)"}), "'a.$' must be a valid JSONPath"),
    (task(Parameters={"a.$": "States.Format('{}', $.x"}), "'a.$' must be a valid JSONPath"),
    (task(ResultSelector={"a.$": 1}), "'a.$' must be a valid JSONPath"),
    (task(Retry=[{"ErrorEquals": []}]), "'ErrorEquals' should be a non-empty array"),
    (task(Retry=[{"ErrorEquals": ["States.ALL", "X"]}]), "'States.ALL' should be alone"),
    (
        task(Retry=[{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["X"]}]),
        "'States.ALL' should be alone",
    ),
    (task(Retry=[{"ErrorEquals": ["X"], "IntervalSeconds": 0}]), "'IntervalSeconds'"),
    (task(Retry=[{"ErrorEquals": ["X"], "MaxAttempts": -1}]), "'MaxAttempts'"),
    (task(Retry=[{"ErrorEquals": ["X"], "BackoffRate": 0.5}]), "'BackoffRate'"),
    (task(Retry=[{"ErrorEquals": ["X"], "JitterStrategy": "HALF"}]), "'JitterStrategy'"),
    (task(Retry=[{"ErrorEquals": ["X"], "Interval": 1}]), "Field 'Interval' is not supported"),
    (
        task(Retry=[{"ErrorEquals": ["X"], "IntervalSeconds": 9, "MaxDelaySeconds": 9}]),
        "'MaxDelaySeconds' should be greater than 'IntervalSeconds'",
    ),
    (task(Catch=[{"ErrorEquals": ["X"]}]), "These fields are required: [Next]"),
    (task(Catch=[{"ErrorEquals": ["X"], "Next": "Z"}]), "Missing 'Next' target: Z"),
    (choice(Default="B"), "'Choices' should be a non-empty array"),
    (choice({"Variable": "$.a", "IsNull": True}, Default="B"), "are required: [Next]"),
    (choice({"Variable": "$.a", "Next": "B"}), "exactly one comparison operator"),
    (choice({"IsNull": True, "Next": "B"}), "are required: [Variable]"),
    (choice({"Variable": "a", "IsNull": True, "Next": "B"}), "'Variable' must be a valid"),
    (choice({"Variable": "$.a", "IsNull": "yes", "Next": "B"}), "'IsNull' has the wrong type"),
    (choice({"Variable": "$.a", "NumericEquals": True, "Next": "B"}), "wrong type"),
    (choice({"Variable": "$.a", "StringEqual": "x", "Next": "B"}), "'StringEqual' is not"),
    (
        choice({"Variable": "$.a", "TimestampEquals": "today", "Next": "B"}),
        "'TimestampEquals' must be a valid timestamp",
    ),
    (
        choice({"Variable": "$.a", "StringEqualsPath": "b", "Next": "B"}),
        "'StringEqualsPath' must be a valid JSONPath",
    ),
    (
        choice({"Not": {"Variable": "$.a", "IsNull": True, "Next": "B"}, "Next": "B"}),
        "Field 'Next' is not supported",
    ),
    (choice({"And": [], "Next": "B"}), "'And' should be a non-empty array"),
    (choice({"Variable": "$.a", "IsNull": True, "Next": "B"}, End=True), "'End' is not supported"),
    ({"A": {"Type": "Wait", "End": True}}, "Exactly one of these fields is required"),
    ({"A": {"Type": "Wait", "Seconds": -1, "End": True}}, "'Seconds' should be an integer"),
    ({"A": {"Type": "Parallel", "End": True}}, "These fields are required: [Branches]"),
    ({"A": {"Type": "Parallel", "Branches": [], "End": True}}, "should be a non-empty array"),
    ({"A": {"Type": "Map", "End": True}}, "These fields are required: [ItemProcessor]"),
    ({"x" * 81: PASS}, "must not be longer than 80 characters"),
    ({"A": {"Type": "Pass", "Next": "A"}, "B": PASS}, 'State "B" is not reachable.'),
    ({"A": PASS, "B": {"Type": "Pass", "Next": "B"}}, 'State "B" is not reachable.'),
]


@pytest.mark.parametrize(("states", "words"), REFUSED)
def test_other_faults_are_refused(states: dict[str, Any], words: str) -> None:
    found = said(states)
    assert found
    assert any(words in it for it in found), found


def test_what_is_inside_a_map_or_a_branch_is_checked_where_it_is() -> None:
    inner = {"StartAt": "X", "States": {"X": {"Type": "Pass", "Next": "A"}}}
    (found, *_) = said({"A": {"Type": "Parallel", "Branches": [inner], "Next": "B"}, "B": PASS})
    place = "/States/A/Branches[0]/States/X/Next"
    assert found == f"MISSING_TRANSITION_TARGET: Missing 'Next' target: A at {place}"


def test_a_name_is_used_once_in_the_whole_machine() -> None:
    inner = {"StartAt": "A", "States": {"A": PASS}}
    assert said({"A": {"Type": "Map", "ItemProcessor": inner, "End": True}}) == [
        "DUPLICATE_STATE_NAME: Duplicate State name: A at /States/A/ItemProcessor/States/A"
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "INVALID_JSON_DESCRIPTION"),
        ("[]", "Expected a JSON object"),
        ('{"StartAt": "A", "States": {"A": {"Type": "Succeed"}, "A": {}}}', "Duplicate field 'A'"),
        ("{}", "These fields are required: [StartAt] at /"),
        ('{"StartAt": "A", "States": {}}', "non-empty object"),
        ('{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}, "X": 1}', "'X' is not supported"),
        ('{"StartAt": "A", "States": {"A": 1}}', "Expected a JSON object for the state"),
    ],
)
def test_texts_that_are_no_machine_are_refused(text: str, words: str) -> None:
    assert any(words in str(it) for it in definition.diagnose(text))


def test_jsonata_has_its_own_fields() -> None:
    state = {"Type": "Pass", "Output": "{% $states.input %}", "End": True}
    assert said({"A": state}, QueryLanguage="JSONata") == []
    words = "but field 'ResultPath' is only supported for the 'JSONPath' QueryLanguage"
    assert words in said({"A": state | {"ResultPath": "$.x"}}, QueryLanguage="JSONata")[0]


GOOD: list[dict[str, Any]] = [
    task(Resource="arn:aws:lambda:us-east-1:123456789012:function:f"),
    task(Resource="arn:aws:states:us-east-1:123456789012:activity:a"),
    task(Resource="arn:aws:states:::aws-sdk:sfn:startExecution"),
    task(Resource="arn:aws:states:::athena:startQueryExecution.sync", Parameters={}),
    task(Parameters={"a.$": "States.ArrayGetItem(States.StringSplit($.x, '-'), 0)"}),
    task(Parameters={"a.$": "$$.Map.Item.Value['b c']", "b.$": "$..x[?(@.y > 1)]"}),
    task(InputPath=None, OutputPath=None, ResultPath=None),
    task(ResultPath="$.a.b-c[0]['d e']"),
    task(TimeoutSecondsPath="$.limit", Assign={"v.$": "$.Payload"}),
    choice(
        {
            "And": [
                {"Variable": "$.t", "TimestampLessThanPath": "$.u"},
                {"Not": {"Variable": "$.n", "NumericEquals": 1}},
            ],
            "Next": "B",
        },
        {"Variable": "$.t", "TimestampEquals": "2026-01-01T00:00:00.5+01:00", "Next": "B"},
    ),
    {"A": {"Type": "Wait", "Timestamp": "2026-01-01T00:00:00+01:00", "End": True}},
    {"A": {"Type": "Succeed", "InputPath": "$.x", "OutputPath": "$"}},
    {"A": {"Type": "Fail", "ErrorPath": "$.e", "CausePath": "States.Format('{}', $.c)"}},
]


@pytest.mark.parametrize("states", GOOD)
def test_good_definitions_are_taken(states: dict[str, Any]) -> None:
    assert said(states) == []
