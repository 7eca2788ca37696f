"""HTTP to Wistia: connections, token, retries, the account's request limit. Nothing else."""
