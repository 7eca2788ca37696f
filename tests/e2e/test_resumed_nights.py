"""A night that fails says where, touches no watermark, and goes on where it had failed."""

from orchestration.testing import Pipeline, broken_dbt


def test_a_failed_build_is_told_and_resumed(pipeline: Pipeline) -> None:
    before = pipeline.watermark()
    pipeline.notifications()
    with broken_dbt(pipeline, "build", exit_code=3):
        ran = pipeline.run("nightly")
    assert ran.code == 1
    assert "failed in DbtBuild: DbtInfrastructureError" in ran.output
    (message,) = pipeline.notifications()
    assert "DbtBuild" in message["Subject"]
    assert "redrive" in message["Message"]
    assert pipeline.watermark() == before

    resumed = pipeline.run("redrive")

    assert resumed.code == 0, resumed.output
    assert pipeline.watermark() != before
    assert pipeline.rows("select event_key from fact_events group by 1 having count(*) > 1") == []
