"""AWS's services as botocore describes them, and the several names that each goes by."""

import json
import re
import zlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import botocore
from botocore.loaders import Loader
from botocore.model import ServiceModel

_METADATA = re.compile(rb'"(signingName|endpointPrefix)":"([^"]+)"')
_HEAD_BYTES = 4096
"""Enough of a compressed description to hold its metadata, which comes first."""

_loader = Loader()


@cache
def model_of(api: str) -> ServiceModel:
    """Return the description of a service, by botocore's name of it."""
    return ServiceModel(_loader.load_service_model(api, "service-2"), api)


def apis_of(name: str) -> tuple[str, ...]:
    """Return the services that go by a name: botocore's, or the one in signatures or policies.

    Parameters
    ----------
    name
        Such as ``stepfunctions`` or ``states``, ``monitoring`` or ``cloudwatch``.

    Examples
    --------
    >>> apis_of("states"), apis_of("glue"), apis_of("nowhere")
    (('stepfunctions',), ('glue',), ())
    """
    return _index().get(name, ())


def service_names() -> Iterable[str]:
    """Return all names of all services."""
    return _index().keys()


@cache
def _index() -> dict[str, tuple[str, ...]]:
    """Read the names out of all descriptions: 0.2 seconds, where loading them takes several."""
    names: dict[str, dict[str, None]] = {}
    for api in _loader.list_available_services("service-2"):
        for name in (api, *_names_in(api)):
            names.setdefault(name, {})[api] = None
    # A service's own name comes first: "s3" is S3 before it is S3 Control.
    return {
        name: tuple(sorted(apis, key=lambda api: (api != name, api)))
        for name, apis in names.items()
    }


def _names_in(api: str) -> set[str]:
    version = _loader.determine_latest_version(api, "service-2")
    path = Path(botocore.__file__).parent / "data" / api / version / "service-2.json"
    if path.exists():
        metadata = json.loads(path.read_bytes())["metadata"]
        return {metadata[key] for key in ("signingName", "endpointPrefix") if key in metadata}
    with path.with_suffix(".json.gz").open("rb") as file:
        head = zlib.decompressobj(wbits=31).decompress(file.read(_HEAD_BYTES))
    return {name.decode() for _, name in _METADATA.findall(head.partition(b'"operations"')[0])}
