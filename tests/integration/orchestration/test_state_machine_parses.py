"""The state machines are valid Amazon States Language."""

import json
from pathlib import Path

import pytest
import yaml
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser

FOLDER = Path(__file__).resolve().parents[3] / "orchestration" / "infrastructure"


@pytest.mark.parametrize("name", ["state_machine.asl.yml", "upkeep.asl.yml"])
def test_it_parses(name: str) -> None:
    AmazonStateLanguageParser.parse(json.dumps(yaml.safe_load((FOLDER / name).read_text())))
