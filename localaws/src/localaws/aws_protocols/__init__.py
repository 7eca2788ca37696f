"""AWS's protocols: which one a request speaks, and errors written in it."""
