"""What of a task definition and its overrides a container gets, and what stands for its image."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from localaws.ecs_tasks.cli import app
from localaws.ecs_tasks.container import ContainerSpecification
from localaws.ecs_tasks.images import ImageError, ImageRegister, LocalImage
from localaws.ecs_tasks.roles import TaskRoles
from localaws.settings import Settings

DEFINITION = {
    "name": "dbt",
    "image": "registry/dbt:1",
    "entryPoint": ["python", "-m"],
    "command": ["task", "build"],
    "environment": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
    "secrets": [{"name": "TOKEN", "valueFrom": "arn:secret"}],
}


def specification(overrides: dict) -> ContainerSpecification:
    return ContainerSpecification.of(
        DEFINITION,
        overrides,
        task_id="1",
        region="us-east-1",
        account_id="123456789012",
        roles=TaskRoles(None, None, "arn:aws:ecs:us-east-1:123456789012:task/cluster/1"),
    )


def test_without_overrides_the_definition_holds():
    container = specification({})
    assert container.command == ["python", "-m", "task", "build"]
    assert container.environment == {"A": "1", "B": "2"}
    assert container.secrets == {"TOKEN": "arn:secret"}


def test_overrides_replace_the_command_and_add_to_the_environment():
    # GIVEN overrides for this container and for another
    overrides = {
        "containerOverrides": [
            {"name": "other", "command": ["wrong"]},
            {
                "name": "dbt",
                "command": ["task", "docs"],
                "environment": [{"name": "B", "value": "3"}, {"name": "C", "value": "4"}],
            },
        ]
    }
    # WHEN they are applied
    container = specification(overrides)
    # THEN the entry point stays, and only this container's count
    assert container.command == ["python", "-m", "task", "docs"]
    assert container.environment == {"A": "1", "B": "3", "C": "4"}


def test_a_registered_image_is_found_and_replaced(tmp_path, monkeypatch):
    # GIVEN an image registered by the command
    monkeypatch.setenv("LOCALAWS_HOME", str(tmp_path / "home"))
    options = ["--root", str(tmp_path), "--python", "/usr/bin/python3"]
    result = CliRunner().invoke(app, ["register", "registry/dbt:1", *options])
    assert result.exit_code == 0, result.output
    register = ImageRegister(Settings())
    found = register.find("registry/dbt:1")
    assert found == LocalImage(root=tmp_path, python=Path("/usr/bin/python3"))
    # WHEN it is registered again
    register.add("registry/dbt:1", LocalImage(root=tmp_path / "new", python=Path("/p")))
    # THEN the new one stands
    assert register.find("registry/dbt:1") == LocalImage(root=tmp_path / "new", python=Path("/p"))
    assert register.find("registry/dbt:2") is None


def test_a_damaged_register_says_what_to_do(tmp_path):
    # GIVEN a register that holds something else
    (tmp_path / "images.json").write_text("[]")
    # WHEN it is read THEN the error names the file and the way out
    with pytest.raises(ImageError, match=r"images\.json.*deploy again"):
        ImageRegister(Settings(home=tmp_path)).all()
