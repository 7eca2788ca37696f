"""What cannot work is refused before anything is built or created."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from orchestration.errors import PipelineError
from orchestration.infrastructure import deploy, packaging
from orchestration.settings import Settings

REGIONS = sorted(
    region
    for partition in boto3.Session().get_available_partitions()
    for region in boto3.Session().get_available_regions("s3", partition)
)
LONGEST = 63


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Filled when a deploy gets as far as building; it ends there."""
    seen: list[str] = []

    def build(*_: object, **__: object) -> None:
        seen.append("built")
        raise RuntimeError("the rest is not this test's")

    monkeypatch.setattr(packaging, "build", build)
    return seen


def try_to_deploy(**settings: Any) -> None:
    cloud: Any = SimpleNamespace(
        settings=Settings(target="aws", build_dir=Path("nowhere"), **settings)
    )
    deploy.deploy(cloud, print)


@pytest.mark.parametrize("region", REGIONS)
def test_a_stack_name_is_as_long_as_the_bucket_names_of_its_region_allow(
    region: str, reached: list[str]
) -> None:
    most = min(31, LONGEST - len(f"-artifacts-123456789012-{region}"))
    with pytest.raises(RuntimeError):
        try_to_deploy(stack_name="a" * most, AWS_REGION=region)
    assert reached == ["built"]
    if most < 31:
        with pytest.raises(PipelineError, match=f"Use at most {most} characters"):
            try_to_deploy(stack_name="a" * (most + 1), AWS_REGION=region)


def test_the_default_name_fits_every_region(reached: list[str]) -> None:
    for region in REGIONS:
        with pytest.raises(RuntimeError):
            try_to_deploy(AWS_REGION=region)


@pytest.mark.parametrize("url", ["http://api.wistia.com", "HTTP://127.0.0.1:80", "api.wistia.com"])
def test_an_address_without_tls_is_refused_on_aws(url: str, reached: list[str]) -> None:
    with pytest.raises(PipelineError, match="must begin with https"):
        try_to_deploy(wistia_api_base_url=url)
    assert reached == []


def test_a_base_image_without_its_digest_is_refused() -> None:
    with pytest.raises(ValueError, match="dbt_base_image"):
        Settings(dbt_base_image="python:3.11-slim")
