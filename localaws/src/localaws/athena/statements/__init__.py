"""One module per kind of statement: how it is read, what Athena refuses, and what it does."""
