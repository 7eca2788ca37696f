"""How a process reaches the network: through this machine's proxy, and this machine without one."""

import os
from collections.abc import Mapping

LOCAL_HOSTS = ("127.0.0.1", "localhost")
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
_PASSED_THROUGH = (
    *_PROXIES,
    *(name.upper() for name in _PROXIES),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
)
"""This machine's way to the network: without it no child reaches an API behind a proxy."""


def with_network(own: Mapping[str, str]) -> dict[str, str]:
    """Return a child's environment: its own variables and, below them, this machine's network.

    Parameters
    ----------
    own
        What the child is given. A proxy in it replaces this machine's, however either is spelled.
    """
    # Of two spellings, clients prefer the lower case: the machine's would win over the child's.
    given = {name.lower() for name in own}
    network = {
        name: os.environ[name]
        for name in _PASSED_THROUGH
        if name in os.environ and name.lower() not in given
    }
    together = {**network, **own}
    return {**together, **never_proxied(together)}


def never_proxied(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that keep requests to this machine away from an environment's proxies.

    Examples
    --------
    >>> never_proxied({"NO_PROXY": "internal"})["no_proxy"]
    'internal,127.0.0.1,localhost'
    >>> never_proxied({"no_proxy": "*"})["NO_PROXY"]
    '*'
    """
    listed = environment.get("no_proxy", environment.get("NO_PROXY", "")).strip()
    hosts = [host.strip() for host in listed.split(",") if host.strip()]
    # "*" means all hosts only if it is alone.
    if hosts != ["*"]:
        hosts += [host for host in LOCAL_HOSTS if host not in hosts]
    exceptions = ",".join(hosts)
    return {"no_proxy": exceptions, "NO_PROXY": exceptions}
