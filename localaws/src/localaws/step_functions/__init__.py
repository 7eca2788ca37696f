"""Makes moto's state machine interpreter run real work the way Step Functions does."""

from localaws.step_functions.integration import install

__all__ = ["install"]
