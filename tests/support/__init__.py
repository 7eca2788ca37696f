"""What several tests of the pipeline share."""
