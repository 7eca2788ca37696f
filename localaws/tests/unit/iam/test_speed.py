"""An evaluation is cheap once the policies are read."""

from statistics import median
from time import perf_counter

from localaws_support.policies import ACCOUNT, SESSION, allow, deny, policy

from localaws.iam.evaluation import AccessRequest, PolicySet, evaluate

TABLE = f"arn:aws:glue:us-east-1:{ACCOUNT}:table/films/plays"


def test_ten_statements_take_far_less_than_a_millisecond() -> None:
    # GIVEN a role's policies of ten statements, with patterns, variables and conditions, and a bucket policy
    own = {"StringLike": {"s3:prefix": ["home/${aws:PrincipalTag/team}/*", "shared/*"]}}
    identity = policy(
        *[
            allow(["s3:Get*", "s3:PutObject"], [f"arn:aws:s3:::b{n}/*", f"arn:aws:s3:::b{n}"])
            for n in range(5)
        ],
        allow("s3:ListBucket", "arn:aws:s3:::films", Condition=own),
        allow("s3:GetObject", "arn:aws:s3:::films/${aws:PrincipalTag/team}/*"),
        allow(["glue:Get*", "glue:BatchGet*"], f"arn:aws:glue:*:{ACCOUNT}:table/films/*"),
        allow("logs:PutLogEvents", "arn:aws:logs:*:*:log-group:/aws/*"),
        deny("s3:*", NotResource=["arn:aws:s3:::films", "arn:aws:s3:::films/*", "arn:aws:s3:::b*"]),
    )
    tls = deny("s3:*", Principal="*", Condition={"Bool": {"aws:SecureTransport": "false"}})
    policies = PolicySet(identity=(identity,), resource=policy(tls))
    context = {
        "s3:prefix": "home/red/x",
        "aws:PrincipalTag/team": "red",
        "aws:SecureTransport": "true",
    }
    asked = [
        ("s3:ListBucket", "arn:aws:s3:::films", True),
        ("s3:GetObject", "arn:aws:s3:::films/red/a", True),
        ("glue:GetTable", TABLE, True),
        ("s3:PutObject", "arn:aws:s3:::elsewhere/a", False),
    ]
    requests = [(AccessRequest(SESSION, action, arn, context), may) for action, arn, may in asked]
    # WHEN each request is decided many times
    times = []
    for _ in range(500):
        for request, may in requests:
            start = perf_counter()
            decision = evaluate(request, policies)
            times.append(perf_counter() - start)
            assert decision.allowed is may
    # THEN a decision takes some ten microseconds; the limit leaves room for a busy machine
    print(f"median {median(times) * 1e6:.1f} µs")
    assert median(times) < 1e-3
