"""Settings that the commands read from their environment."""

from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

REPOSITORY_ROOT = Path(__file__).resolve().parent.parent
WISTIA_API_BASE_URL = "https://api.wistia.com"
SIMULATOR_TOKEN = "local-wistia-token"  # noqa: S105 - a stand-in's token, documented with it


class Settings(BaseSettings):
    """Settings of the commands, each read from the environment variable of its upper-case name.

    Examples
    --------
    >>> Settings(stack_name="wistia-analytics").state_machine_name
    'wistia-analytics-nightly'
    """

    model_config = SettingsConfigDict(frozen=True, populate_by_name=True, env_ignore_empty=True)

    target: Literal["local", "aws"] = "local"
    """Where the commands act: localaws (the default) or the AWS account of the environment."""
    stack_name: str = Field(default="wistia-analytics", pattern=r"^[a-z][a-z0-9-]{0,30}$")
    """Every other name derives from it; short and lower case, as bucket names must be."""
    region: str = Field(default="us-east-1", alias="AWS_REGION")
    localaws_home: Path = Path(".localaws")
    """Folder of the local AWS; two homes are two separate accounts."""
    build_dir: Path = REPOSITORY_ROOT / "build"
    """Packaged artifacts, named by their content; safe to delete at any time."""

    wistia_api_base_url: str | None = None
    """Scheme and host of the API. None: the simulator (local), Wistia (aws)."""
    wistia_api_token: SecretStr | None = None
    """Goes into the secret; never into an argument, a parameter or a log."""
    requests_per_minute: int | None = None
    """None: 600 (Wistia's limit) against a server, 0 (no limit) against the simulator."""
    ingest_streams: str | None = None
    """Comma-separated; None leaves the template's default."""
    initial_history_days: int | None = None
    """Days that the first night fetches; None leaves the template's default."""
    alert_email: str | None = None
    """Address that receives the alerts (aws only)."""
    raw_reader_arn: str | None = None
    """User or role that may read and erase raw records. None: the stack's (local: the operator)."""
    dbt_base_image: str | None = Field(default=None, pattern=r"^\S+@sha256:[0-9a-f]{64}$")
    """Base of the dbt image, with its digest (aws only). None: the one in the Dockerfile."""

    simulator_seed: int = 7
    simulator_events: int = 10_000
    simulator_port: int = 0

    def model_post_init(self, _context: object, /) -> None:
        """Make the home absolute: child processes may change directory."""
        object.__setattr__(self, "localaws_home", self.localaws_home.expanduser().resolve())

    @property
    def is_local(self) -> bool:
        """Whether the commands act on localaws."""
        return self.target == "local"

    @property
    def uses_simulator(self) -> bool:
        """Whether the night runs against the simulator, which this project starts itself."""
        return self.is_local and self.wistia_api_base_url is None

    @property
    def state_machine_name(self) -> str:
        """Name of the nightly state machine."""
        return f"{self.stack_name}-nightly"

    @property
    def workgroup(self) -> str:
        """Athena workgroup of dbt and of ``make query``."""
        return self.stack_name

    @property
    def token_secret_id(self) -> str:
        """Name of the secret that holds Wistia's token."""
        return f"{self.stack_name}/wistia-token"

    @cached_property
    def memory_file(self) -> Path:
        """File in which the local commands keep what they remember between calls."""
        return self.localaws_home / "pipeline.json"
