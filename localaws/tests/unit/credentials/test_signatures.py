"""What SDKs sign is accepted, and nothing else."""

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import pytest
from botocore.auth import HmacV1QueryAuth, S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from localaws.credentials import Identity, Kind, Refusal
from localaws.credentials.claims import Claim, claim_of
from localaws.credentials.signatures import why_wrong

HOST = "127.0.0.1:4566"
IDENTITY = Identity(
    kind=Kind.OPERATOR, arn="arn", user_id="id", account_id="1", access_key_id="AKIA" + "A" * 16,
    secret="s/e+c" * 8,
)  # fmt: skip
SIGNERS: dict[str, Callable[[Credentials], Any]] = {
    "json": lambda key: SigV4Auth(key, "glue", "us-east-1"),
    "s3": lambda key: S3SigV4Auth(key, "s3", "eu-west-1"),
    "s3 link": lambda key: S3SigV4QueryAuth(key, "s3", "us-east-1", expires=60),
    "sts link": lambda key: SigV4QueryAuth(key, "sts", "us-east-1", expires=60),
    "old s3 link": lambda key: HmacV1QueryAuth(key, expires=60),
}
URLS = [
    "/", "/bucket/a%20b/c%3D1/%C3%BC%2B%26.txt", "/bucket?uploads", "/bucket?uploads=&prefix=a%2Fb&prefix=",
    "/2015-03-31/functions/arn%3Aaws%3Alambda/invocations?Qualifier=%24LATEST",
    "/bucket//double/./dots/../x", "/bucket/%2e%2e/key~_-.!*'()", "/bucket/key?versionId=1&response-expires=x%20y",
]  # fmt: skip


def signed(
    kind: str,
    url: str,
    *,
    method: str = "GET",
    body: bytes = b"",
    token: str | None = None,
    **headers: str,
) -> dict[str, Any]:
    """Sign a request as botocore does; return the WSGI environment in which it arrives."""
    request = AWSRequest(method, f"http://{HOST}{url}", dict(headers), body)
    request.context["timestamp"] = ""
    SIGNERS[kind](Credentials(IDENTITY.access_key_id, IDENTITY.secret, token)).add_auth(request)
    sent = urlsplit(request.prepare().url)
    environ = {
        "REQUEST_METHOD": method,
        "REQUEST_URI": sent.path + (f"?{sent.query}" if sent.query else ""),
        "PATH_INFO": unquote(sent.path),
        "QUERY_STRING": sent.query,
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_HOST": HOST,
        "wsgi.input": io.BytesIO(body),
    }
    for name, value in request.headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"] = value
    return environ


def verdict(environ: dict[str, Any], now: datetime | None = None) -> Refusal | None:
    claim = claim_of(environ)
    if isinstance(claim, Refusal):
        return claim
    assert claim.access_key_id == IDENTITY.access_key_id
    return why_wrong(claim, IDENTITY, environ, now)


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("kind", SIGNERS)
@pytest.mark.parametrize("token", [None, "a/token+=="])
def test_what_botocore_signs_is_accepted(kind: str, url: str, token: str | None) -> None:
    environ = signed(kind, url, token=token)
    assert verdict(environ) is None
    claim = claim_of(environ)
    assert isinstance(claim, Claim)
    assert claim.session_token == token


@pytest.mark.parametrize("kind", ["json", "s3"])
@given(
    body=st.binary(max_size=200),
    value=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30),
    path=st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20),
)
def test_any_body_header_and_path_is_accepted(
    kind: str, body: bytes, value: str, path: str
) -> None:
    environ = signed(
        kind,
        f"/bucket/{quote(path, safe='/~')}",
        method="PUT",
        body=body,
        **{"X-Amz-Meta-A": value},
    )
    assert verdict(environ) is None
    assert environ["wsgi.input"].read() == body


CHANGES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "method": lambda environ: environ.update(REQUEST_METHOD="DELETE"),
    "path": lambda environ: environ.update(REQUEST_URI="/bucket/other?" + environ["QUERY_STRING"]),
    "query": lambda environ: environ.update(QUERY_STRING=environ["QUERY_STRING"] + "&versionId=2"),
    "host": lambda environ: environ.update(HTTP_HOST="127.0.0.1:1"),
    "token": lambda environ: environ.update(HTTP_X_AMZ_SECURITY_TOKEN="other"),
    "header": lambda environ: environ.update(HTTP_X_AMZ_META_A="other"),
}


# A link of Version 4 signs no header but the host, one of Version 2 not even that.
NOT_SIGNED = {
    "s3 link": {"token", "header"},
    "sts link": {"token", "header"},
    "old s3 link": {"host"},
}


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        (kind, change)
        for kind in SIGNERS
        for change in CHANGES
        if change not in NOT_SIGNED.get(kind, ())
    ],
)
def test_a_request_that_was_changed_on_the_way_is_refused(kind: str, change: str) -> None:
    link = kind.endswith("link")
    headers = {} if link else {"X-Amz-Meta-A": "a"}
    environ = signed(kind, "/bucket/key?a=1", token=None if link else "t", **headers)
    CHANGES[change](environ)
    assert verdict(environ) is Refusal.WRONG_SIGNATURE


def test_another_body_is_refused_where_it_is_read_and_another_digest_everywhere() -> None:
    environ = signed("json", "/", method="POST", body=b"{}")
    environ["wsgi.input"] = io.BytesIO(b"[]")
    assert verdict(environ) is Refusal.WRONG_SIGNATURE
    environ = signed("s3", "/bucket/key", method="PUT", body=b"{}")
    environ["HTTP_X_AMZ_CONTENT_SHA256"] = "0" * 64
    assert verdict(environ) is Refusal.WRONG_SIGNATURE


@pytest.mark.parametrize("kind", SIGNERS)
def test_a_signature_is_good_for_its_time_only(kind: str) -> None:
    environ = signed(kind, "/bucket/key")
    now = datetime.now(UTC)
    assert verdict(environ, now + timedelta(seconds=50)) is None
    late = verdict(environ, now + timedelta(minutes=16))
    assert late is (Refusal.EXPIRED_LINK if kind.endswith("link") else Refusal.WRONG_TIME)
    if kind != "old s3 link":
        assert verdict(environ, now - timedelta(minutes=16)) is Refusal.WRONG_TIME


UNSIGNED = {
    "nothing": ({}, Refusal.UNSIGNED),
    "basic": ({"HTTP_AUTHORIZATION": "Basic YTpi"}, Refusal.INCOMPLETE),
    "version 2": ({"HTTP_AUTHORIZATION": "AWS AKIA:abc="}, Refusal.OLD_SIGNATURE),
    "empty": ({"HTTP_AUTHORIZATION": "AWS4-HMAC-SHA256"}, Refusal.INCOMPLETE),
    "scope": (
        {"HTTP_AUTHORIZATION": "AWS4-HMAC-SHA256 Credential=AKIA/2026/s3, SignedHeaders=host, Signature=1"},
        Refusal.INCOMPLETE,
    ),
    "host not signed": (
        {"HTTP_AUTHORIZATION": "AWS4-HMAC-SHA256 Credential=A/2/r/s3/aws4_request, SignedHeaders=date, Signature=1"},
        Refusal.INCOMPLETE,
    ),
    "link without a signature": ({"QUERY_STRING": "AWSAccessKeyId=AKIA"}, Refusal.UNSIGNED),
    "link for ever": (
        {"QUERY_STRING": "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=604801"}, Refusal.INCOMPLETE,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", UNSIGNED)
def test_what_is_not_signed_as_aws_wants_it_is_no_claim(case: str) -> None:
    environ, refusal = UNSIGNED[case]
    assert claim_of(environ) is refusal
