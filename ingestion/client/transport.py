"""Sends GET requests over keep-alive connections, with the token in a header and nowhere else."""

import threading
from collections.abc import Mapping
from os import environ

import requests
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies

LONGEST_CONNECT_SECONDS = 10.0


class Transport:
    """One host, one token. Each thread has its own session and connection.

    Parameters
    ----------
    base_url
        Scheme and host, without a slash at the end.
    headers
        Sent with every request.
    timeout_seconds
        Longest time without data from the server while it answers.
    """

    def __init__(
        self, base_url: str, token: str, *, headers: Mapping[str, str], timeout_seconds: float
    ) -> None:
        self._base_url = base_url
        self._headers = {"Authorization": f"Bearer {token}", **headers}
        self._timeout = (min(LONGEST_CONNECT_SECONDS, timeout_seconds), timeout_seconds)
        self._local = threading.local()

    def get(self, path: str, params: Mapping[str, str]) -> tuple[requests.Response, bytes]:
        """Send one request and read the whole answer; redirects are not followed.

        Raises
        ------
        requests.RequestException, urllib3.exceptions.HTTPError
            No answer, or only a part of it.
        """
        session, prepared = self._session()
        # Preparing headers, proxies and certificates each time takes as long as sending.
        request = prepared.copy()
        request.prepare_url(self._base_url + path, params)
        response = session.send(
            request,
            timeout=self._timeout,
            allow_redirects=False,
            stream=True,
            proxies=session.proxies,
            verify=session.verify,
        )
        # In one piece: requests' own loop over chunks of 10 kB costs as much as parsing.
        return response, response.raw.read(decode_content=True)

    def _session(self) -> tuple[requests.Session, requests.PreparedRequest]:
        made: tuple[requests.Session, requests.PreparedRequest] | None
        made = getattr(self._local, "made", None)
        if made is None:
            made = self._local.made = self._connect()
        return made

    def _connect(self) -> tuple[requests.Session, requests.PreparedRequest]:
        session = _Session()
        adapter = HTTPAdapter(pool_connections=1, pool_maxsize=1, max_retries=0)
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        session.proxies = get_environ_proxies(self._base_url)
        session.verify = environ.get("REQUESTS_CA_BUNDLE") or True
        # Otherwise the host's .netrc entry would replace the token.
        session.trust_env = False
        session.headers.update(self._headers)
        return session, session.prepare_request(requests.Request("GET", self._base_url))


class _Session(requests.Session):
    """Ignores every redirect.

    Without this, requests prepares the next request even with ``allow_redirects=False``, and
    fails if it cannot read the address.
    """

    def get_redirect_target(self, resp: requests.Response) -> None:  # noqa: ARG002
        return None
