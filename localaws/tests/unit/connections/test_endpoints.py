"""The file that tells where a running localaws can be reached."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from localaws.connections.endpoints import Endpoints


def test_two_that_write_at_once_both_succeed_and_leave_a_whole_file(tmp_path: Path) -> None:
    """GIVEN the start and Trino's supervisor WHEN both write again and again THEN neither fails."""
    path = tmp_path / "endpoints.json"
    written = [
        Endpoints(
            endpoint_url=f"http://127.0.0.1:{port}",
            trino_url="",
            pids={},
            server_id="one",
            started_at="",
        )
        for port in (1, 2)
    ]

    def write(endpoints: Endpoints) -> None:
        for _ in range(300):
            endpoints.write(path)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, written))

    assert Endpoints.model_validate_json(path.read_text()) in written
    assert [item.name for item in tmp_path.iterdir()] == ["endpoints.json"]
