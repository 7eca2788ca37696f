"""IAM's policies: reading them, and deciding whether they allow a request; without a server."""
