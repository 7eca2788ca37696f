"""Where a running localaws is, and the HTTP connections to it."""
