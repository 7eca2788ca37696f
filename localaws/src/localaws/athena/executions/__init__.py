"""Query executions: what runs, what has run, and one service per region."""
