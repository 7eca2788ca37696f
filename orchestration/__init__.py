"""Deploys the pipeline, runs a night and shows it."""
