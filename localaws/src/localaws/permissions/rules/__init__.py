"""Where an operation needs other things than the published rule says, service by service."""
