"""The language: from the text of a statement to tokens, names, types and clauses."""
