"""The server process: one AWS account on one port of 127.0.0.1."""
