"""Records of queries for tests below the API."""

from localaws.athena.execution import QueryExecution


def select_execution():
    """Return the record of a SELECT that has not begun."""
    return QueryExecution(
        id="q1", query="", type="DML", subtype="SELECT", workgroup="primary", catalog=None,
        database=None, result_configuration={}, output_location="s3://b/q1.csv",
    )  # fmt: skip
