"""The operations of Athena's API."""
