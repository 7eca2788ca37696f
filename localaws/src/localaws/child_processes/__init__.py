"""Child processes of the server: how each is started, supplied, watched and ended."""
