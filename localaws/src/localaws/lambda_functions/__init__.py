"""Runs Lambda functions: the deployed zip, in a fresh process, with Lambda's limits and errors."""

from localaws.lambda_functions.invoke_api import install

__all__ = ["install"]
