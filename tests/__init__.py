"""Tests of the pipeline; `support` holds what several of them share."""
