"""Decides each request by the account's policies; what was used and what was denied."""
