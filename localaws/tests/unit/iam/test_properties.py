"""What holds for all policies and requests."""

from fnmatch import fnmatchcase
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from localaws_support.policies import ROLE, SESSION, SESSION_ARN, USER, allow, decide, deny

from localaws.iam.evaluation import Decision
from localaws.iam.patterns import ResourcePattern, TextPattern

ACTIONS = st.sampled_from(["s3:GetObject", "s3:PutObject", "sqs:SendMessage"])
RESOURCES = st.sampled_from(["arn:aws:s3:::a/x", "arn:aws:s3:::b/y"])
PATTERNS = {
    "action": st.sampled_from(["*", "s3:*", "s3:Get*", "s3:PutObject", "sqs:SendMessage"]),
    "resource": st.sampled_from(["*", "arn:aws:s3:::a/*", "arn:aws:s3:::b/?", "arn:aws:s3:::b/y"]),
}
CONDITIONS = st.sampled_from(
    [{}, {"StringEquals": {"k": "v"}}, {"StringNotLike": {"k": "v*"}}, {"Null": {"k": "true"}}]
)
PRINCIPALS = st.sampled_from(["*", {"AWS": ROLE}, {"AWS": SESSION_ARN}, {"AWS": "111122223333"}])


def statements(effect: Any, **more: Any) -> Any:
    return st.builds(effect, Condition=CONDITIONS, **PATTERNS, **more)


IDENTITY = st.lists(statements(allow) | statements(deny), max_size=5)
ON_RESOURCE = st.lists(
    statements(allow, Principal=PRINCIPALS) | statements(deny, Principal=PRINCIPALS), max_size=3
)
REQUESTS = st.fixed_dictionaries(
    {
        "action": ACTIONS,
        "resource": RESOURCES,
        "context": st.sampled_from([{}, {"k": "v"}, {"K": "w"}]),
        "principal": st.sampled_from([SESSION, USER]),
    }
)


def answer(decision: Decision) -> tuple[bool, bool]:
    return decision.allowed, decision.explicit_deny


@given(IDENTITY, ON_RESOURCE, statements(allow), REQUESTS)
def test_one_allow_more_never_denies(
    identity: list[Any], on_resource: list[Any], more: Any, request: Any
) -> None:
    before = decide(*identity, on_resource=on_resource, **request)
    after = decide(*identity, more, on_resource=on_resource, **request)
    assert after.allowed or not before.allowed
    assert after.explicit_deny is before.explicit_deny


@given(IDENTITY, ON_RESOURCE, statements(deny), REQUESTS)
def test_one_deny_more_never_allows(
    identity: list[Any], on_resource: list[Any], more: Any, request: Any
) -> None:
    before = decide(*identity, on_resource=on_resource, **request)
    after = decide(*identity, more, on_resource=on_resource, **request)
    assert before.allowed or not after.allowed
    assert after.explicit_deny or answer(after) == answer(before)


@given(IDENTITY, ON_RESOURCE, REQUESTS, st.randoms())
def test_the_order_of_statements_never_matters(
    identity: list[Any], on_resource: list[Any], request: Any, random: Any
) -> None:
    shuffled = [
        random.sample(identity, len(identity)),
        random.sample(on_resource, len(on_resource)),
    ]
    before = decide(*identity, on_resource=on_resource, **request)
    after = decide(*shuffled[0], on_resource=shuffled[1], **request)
    assert answer(before) == answer(after)


@given(IDENTITY, ON_RESOURCE, REQUESTS)
def test_a_limit_never_allows_more(
    identity: list[Any], on_resource: list[Any], request: Any
) -> None:
    free = decide(*identity, on_resource=on_resource, **request)
    for limit in ("boundary", "session"):
        limited = decide(*identity, on_resource=on_resource, **request, **{limit: [allow("s3:*")]})
        assert free.allowed or not limited.allowed


TEXTS = st.text(alphabet="ab/.-+($", max_size=8)
GLOBS = st.text(alphabet="ab/.-+($*?", max_size=8)


@given(GLOBS, TEXTS)
def test_a_wildcard_matches_as_fnmatch_does(pattern: str, text: str) -> None:
    # "[" is plain in IAM and a set in fnmatch: it is not in the alphabet.
    expected = fnmatchcase(text, pattern)
    assert (
        TextPattern(pattern, wildcards=True, variables=True).matches(text, lambda _: None)
        is expected
    )
    arn = ResourcePattern(f"arn:aws:s3:::{pattern}", variables=True)
    assert arn.matches(f"arn:aws:s3:::{text}", lambda _: None) is expected


@given(TEXTS, GLOBS)
def test_a_value_of_a_variable_is_plain_text(text: str, value: str) -> None:
    arn = ResourcePattern("arn:aws:s3:::${k}/*", variables=True)
    expected = text.startswith(f"{value}/")
    assert arn.matches(f"arn:aws:s3:::{text}", lambda _: value) is expected
