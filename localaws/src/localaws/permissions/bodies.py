"""Reads the parameters of a request out of its body, in each protocol that AWS APIs speak."""

import gzip
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl
from xml.parsers.expat import ExpatError

import xmltodict
from botocore.parsers import RpcV2CBORParser

Body = bytes | Callable[[], bytes] | None
"""A body, or how to read it: it is read only if the permissions can depend on it."""

_LIST_NAMES = ("member", "entry")


def read_body(environ: Mapping[str, Any], body: Body) -> bytes:
    """Return the body as the client had it before it was compressed for sending."""
    content = body() if callable(body) else body or b""
    if content and environ.get("HTTP_CONTENT_ENCODING") == "gzip":
        try:
            return gzip.decompress(content)
        except OSError:
            return b""
    return content


def from_json(content: bytes) -> dict[str, Any]:
    """Return the parameters of a JSON body; none if it is not a JSON object."""
    try:
        parameters = json.loads(content or b"{}")
    except ValueError:
        return {}
    return parameters if isinstance(parameters, dict) else {}


def from_cbor(content: bytes) -> dict[str, Any]:
    """Return the parameters of a CBOR body; none if it is not a CBOR map."""
    if not content:
        return {}
    try:
        parser = RpcV2CBORParser()
        parameters = parser.parse_data_item(parser.get_peekable_stream_from_bytes(content))
    except Exception:  # noqa: BLE001 - what botocore raises depends on where the bytes end.
        return {}
    return parameters if isinstance(parameters, dict) else {}


def from_form(content: str) -> dict[str, Any]:
    """Return the parameters of a form, with its numbered names as lists.

    Examples
    --------
    >>> from_form("Action=TagQueue&Tags.member.1.Key=team&Tags.member.1.Value=data")
    {'Action': 'TagQueue', 'Tags': [{'Key': 'team', 'Value': 'data'}]}
    """
    tree: dict[str, Any] = {}
    for name, value in parse_qsl(content, keep_blank_values=True):
        if "." not in name:
            tree[name] = value
            continue
        *path, last = name.split(".")
        node = tree
        for step in path:
            child = node.get(step)
            if not isinstance(child, dict):
                child = node[step] = {}
            node = child
        node[last] = value
    return {name: _with_lists(value) for name, value in tree.items()}


def from_xml(content: bytes) -> dict[str, Any]:
    """Return an XML document as nested mappings; names that repeat become lists.

    Examples
    --------
    >>> from_xml(b"<Delete><Object><Key>a</Key></Object><Object><Key>b</Key></Object></Delete>")
    {'Delete': {'Object': [{'Key': 'a'}, {'Key': 'b'}]}}
    """
    try:
        document = xmltodict.parse(content, strip_whitespace=False)
    except ExpatError:
        return {}
    return document if isinstance(document, dict) else {}


def _with_lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    for name in _LIST_NAMES:
        if len(value) == 1 and isinstance(value.get(name), dict):
            value = value[name]
    if value and all(name.isdigit() for name in value):
        return [_with_lists(value[name]) for name in sorted(value, key=int)]
    return {name: _with_lists(inner) for name, inner in value.items()}
