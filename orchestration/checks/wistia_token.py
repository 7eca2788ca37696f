"""Before a deploy: whether there is a token, and whether Wistia lets it read what a night needs."""

from collections.abc import Iterator

from ingestion.client.http import WistiaClient
from ingestion.client.request_slots import NoLimit
from ingestion.client.token import flaw_of_token
from ingestion.deadline import Deadline
from ingestion.declarations import STREAMS
from ingestion.errors import WistiaError
from orchestration.checks.check import Finding, Site, bad, good
from orchestration.settings import WISTIA_API_BASE_URL

_PATIENCE_SECONDS = 60.0


def token(site: Site) -> Iterator[Finding]:
    """Ask Wistia with the token of the environment; without one, look whether a secret has one."""
    given = site.settings.wistia_api_token
    # A token that the shell exports is for a real account, not for the simulator's nights.
    if given is not None and not site.settings.uses_simulator:
        text = given.get_secret_value().strip()
        if flaw := flaw_of_token(text):
            yield bad(f"WISTIA_API_TOKEN is not a Wistia token: {flaw}", "Copy it again")
        else:
            yield from _accepted(site, text)
        return
    client, name = site.client("secretsmanager"), site.settings.token_secret_id
    try:
        versions = client.describe_secret(SecretId=name).get("VersionIdsToStages", {})
    except client.exceptions.ResourceNotFoundException:
        versions = {}
    if versions:
        yield good(f"the secret {name} has a value, which was not tried; it stays as it is")
    else:
        advice = "read -rs WISTIA_API_TOKEN && export WISTIA_API_TOKEN"
        yield bad(f"WISTIA_API_TOKEN is not set, and the secret {name} has no value", advice)


def _accepted(site: Site, text: str) -> Iterator[Finding]:
    """Send one request to each stream without which there is no night."""
    base_url = site.settings.wistia_api_base_url or WISTIA_API_BASE_URL
    client = WistiaClient(
        base_url,
        text,
        api_version=site.parameters["WistiaApiVersion"],
        limit=NoLimit(),
        max_attempts=2,
    )
    for name, stream in STREAMS.items():
        if stream.optional:
            continue
        try:
            client.get(
                stream.path, {"per_page": "1"}, stream=name, deadline=Deadline(_PATIENCE_SECONDS)
            )
        except WistiaError as error:
            advice = "Create a token with the permissions of the runbook's 'Rotate the token'"
            yield bad(str(error), advice, about=name)
        else:
            yield good(f"{base_url} lets WISTIA_API_TOKEN read them", about=name)
