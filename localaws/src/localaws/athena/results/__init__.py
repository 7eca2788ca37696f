"""Results in S3 and their pages."""
