"""Refuses definitions that Step Functions refuses, in its words.

The rules are those of "Amazon States Language" in the developer guide, for JSONPath and for JSONata
as far as a look at the definition alone can tell. Codes, messages and places of the diagnostics are
those that people met (each in its place in the code). cfn-lint brings a schema of the language, but
one that refuses paths in a Succeed state and accepts ``End`` in a Choice, and no check of the
transitions; moto's own parser reports its grammar's tokens.
"""

from localaws.step_functions.definition.validate import diagnose, install

__all__ = ["diagnose", "install"]
