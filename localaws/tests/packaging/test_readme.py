"""Every code block of the README runs, as somebody would who has only the README."""

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from localaws_support.installed import PROJECT, Environment, copied_repository, new_environment
from localaws_support.readme import Block, blocks

BLOCKS = blocks(PROJECT / "README.md")
REPOSITORY_ADDRESS = "https://git.example.com/analytics.git"
# What the reader has besides localaws: the tools of a CI machine, and the packages that the lines of
# the README download.
TOOLS = ("pip", "setuptools", "awscli", "dbt-athena-community", "dbt-core", "pytest")
DBT_PROJECT = {
    "dbt_project.yml": "name: tiny\nprofile: my_project\nversion: '1.0'\nflags: {send_anonymous_usage_stats: false}\n",
    "seeds/fruits.csv": "id,fruit\n1,pear\n2,fig\n",
    "models/ripe.sql": "select id, upper(fruit) as fruit from {{ ref('fruits') }}\n",
    "models/eaten.sql": (
        "{{ config(materialized='incremental', table_type='iceberg', incremental_strategy='merge',"
        " unique_key='id') }}\nselect id, fruit from {{ ref('ripe') }}\n"
    ),
    "models/models.yml": (
        "models:\n  - name: eaten\n    columns:\n      - name: id\n        data_tests: [unique, not_null]\n"
    ),
}


class Reader:
    """Somebody with an environment, a folder and the address of the repository."""

    def __init__(self, environment: Environment, repository: Path) -> None:
        self.environment = environment
        self.folder = environment.folder
        self._repository = repository

    def bash(self, text: str) -> str:
        """Run lines of the README in which the address is that of a local copy."""
        local = text.replace(REPOSITORY_ADDRESS, f"file://localhost{self._repository}")
        return self.environment.output("bash", "-euo", "pipefail", "-c", local)

    def uninstall(self) -> None:
        self.environment.run("pip", "uninstall", "--quiet", "--yes", "localaws")

    def has_localaws(self) -> bool:
        return (self.environment.venv / "bin" / "localaws").exists()


@pytest.fixture(scope="module")
def reader(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Reader:
    # pip finds everything installed that it would download: this is about the lines, not the network.
    offline = {
        "PIP_NO_INDEX": "1",
        "PIP_NO_BUILD_ISOLATION": "0",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    scratch = tmp_path_factory.mktemp("readme")
    environment = new_environment(scratch, **offline)
    environment.install(*TOOLS, "-r", PROJECT / "pyproject.toml")
    environment.install(wheel)
    repository = copied_repository(scratch / "repository")
    git = ["git", "-c", "user.name=reader", "-c", "user.email=reader@example.com"]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "copy"]):
        subprocess.run([*git, *arguments], cwd=repository, check=True, capture_output=True)
    return Reader(environment, repository)


@pytest.fixture(autouse=True)
def nothing_left_running(reader: Reader) -> Iterator[None]:
    yield
    if reader.has_localaws():
        reader.environment.run("localaws", "down")


def installs(reader: Reader, block: Block) -> None:
    reader.uninstall()
    assert not reader.has_localaws()
    spark = "[spark]" in block.text
    if spark:
        reader.environment.install("pyspark")
    reader.bash(block.text)
    assert "An AWS account on this machine" in reader.bash("localaws --help")
    if spark:
        # Otherwise the next `up` would take half a minute to prepare Spark.
        reader.environment.run("pip", "uninstall", "--quiet", "--yes", "pyspark")


def starts(reader: Reader, block: Block) -> None:
    printed = reader.bash(block.text)
    assert "make_bucket: my-bucket" in printed
    assert "QueryExecutionId" in printed
    assert reader.environment.run("localaws", "status").returncode == 3


def runs_dbt(reader: Reader, block: Block) -> None:
    """Run the steps of a workflow as a runner of GitHub does, on a tiny dbt project."""
    profiles = next(b for b in BLOCKS if b.key == (block.heading, block.language, 1))
    for name, text in {**DBT_PROJECT, "profiles.yml": profiles.text}.items():
        (reader.folder / name).parent.mkdir(exist_ok=True)
        (reader.folder / name).write_text(text)
    github_env = reader.folder / "github-env"
    github_env.touch()
    printed = []
    for step in yaml.safe_load(block.text):
        assert step.keys() <= {"run", "if"}, "only commands can run here"
        exported = dict(line.split("=", 1) for line in github_env.read_text().splitlines())
        environment = Environment(
            reader.environment.venv,
            reader.folder,
            {**reader.environment.variables, **exported, "GITHUB_ENV": str(github_env)},
        )
        printed.append(Reader(environment, reader._repository).bash(step["run"]))
    built = next(text for text in printed if "Completed successfully" in text)
    assert re.search(r"PASS=5 WARN=0 ERROR=0 SKIP=0", built), built
    assert "INFO" in printed[-1]


def is_used_by_the_steps_above(reader: Reader, block: Block) -> None:
    """The profile: ``runs_dbt`` has written it, dbt has read it."""
    assert (block.language, block.number) == ("yaml", 1)
    assert yaml.safe_load(block.text).keys() == {"my_project"}


def passes_in_pytest(reader: Reader, block: Block) -> None:
    (reader.folder / "test_block.py").write_text(block.text)
    printed = reader.environment.output("pytest", "-p", "no:cacheprovider", "test_block.py")
    assert re.search(r"\d+ passed", printed)


def runs_in_python(reader: Reader, block: Block) -> None:
    printed = reader.environment.output("python", "-c", block.text)
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+ us-east-1\n", printed)


def adds_faults(reader: Reader, block: Block) -> None:
    printed = reader.bash(block.text)
    lines = [line for line in printed.splitlines() if line.endswith(" hits")]
    assert len(lines) == block.text.count("fault add")


CI = "In your CI, for any dbt-athena project"
RUNNERS: dict[tuple[str, str, int], Callable[[Reader, Block], None]] = {
    ("Install", "bash", 0): installs,
    ("Install", "bash", 1): installs,
    ("Install", "bash", 2): installs,
    ("Start", "bash", 0): starts,
    (CI, "yaml", 0): runs_dbt,
    (CI, "yaml", 1): is_used_by_the_steps_above,
    ("In pytest", "python", 0): passes_in_pytest,
    ("In pytest", "python", 1): runs_in_python,
    ("Faults on demand", "bash", 0): adds_faults,
    ("Faults on demand", "python", 0): passes_in_pytest,
}


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: "-".join(map(str, block.key)))
def test_every_block_runs(reader: Reader, block: Block):
    if block.not_run is not None:
        assert block.key not in RUNNERS, "it is marked as not run, and has a runner"
        return
    assert block.key in RUNNERS, "nothing here runs this block, and no comment above it says why"
    RUNNERS[block.key](reader, block)


def test_no_kind_of_block_is_overlooked(tmp_path: Path):
    document = tmp_path / "README.md"
    document.write_text(
        "# One\n```\n# no heading\n```\n~~~bash\na\n~~~\n## Two\n<!-- not run: deletes all -->\n\n"
        "```bash title=x\nb\n```\n- list\n  ```bash\n  c\n  ```\n<!-- not run: -->\n```bash\nd\n```\n"
    )
    found = [(*block.key, block.not_run) for block in blocks(document)]
    assert found == [
        ("One", "", 0, None),
        ("One", "bash", 0, None),
        ("Two", "bash", 0, "deletes all"),
        ("Two", "bash", 1, None),
        ("Two", "bash", 2, None),
    ]


def test_every_runner_has_a_block():
    assert RUNNERS.keys() <= {block.key for block in BLOCKS}
