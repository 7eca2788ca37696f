"""Whole nights of plan, ingest, seal and commit."""

from __future__ import annotations

from ingestion_night import Night, newest_versions


def test_first_night_lands_every_stream_as_the_api_served_it(night: Night) -> None:
    # GIVEN an account that was never ingested
    # WHEN a night runs
    plan, sealed = night.run(as_of="2026-03-02T02:00:00Z")
    # THEN the visible lines are the account's events and medias
    truth = night.truth(plan)
    assert newest_versions(night.lines(plan, "events")) == truth.events
    assert set(newest_versions(night.lines(plan, "media"), "hashed_id")) == set(truth.medias)
    assert sealed["has_new_data"]
    assert set(sealed["manifested_streams"].split(",")) >= {"media", "events", "media_daily_stats"}
