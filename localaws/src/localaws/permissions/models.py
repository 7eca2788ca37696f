"""Botocore's descriptions of the APIs, each loaded when a request to it first comes."""

from functools import lru_cache
from typing import Any

from botocore.loaders import Loader

from localaws.permissions.service_names import APIS_OF_SIGNING_NAME

_loader = Loader()


@lru_cache(maxsize=256)
def model_of(api: str) -> dict[str, Any] | None:
    """Return the model of a service by botocore's name of it; None if botocore knows none."""
    if api not in _known_apis():
        return None
    return dict(_loader.load_service_model(api, "service-2"))


@lru_cache(maxsize=1)
def _known_apis() -> frozenset[str]:
    return frozenset(_loader.list_available_services("service-2"))


def apis_of(signing_name: str) -> tuple[str, ...]:
    """Return the services whose requests are signed with this name, by botocore's names of them.

    Examples
    --------
    >>> apis_of("glue"), apis_of("elasticloadbalancing")
    (('glue',), ('elb', 'elbv2'))
    """
    return APIS_OF_SIGNING_NAME.get(signing_name, (signing_name,))
