"""Names of the databases of a new stack."""

from collections.abc import Mapping
from typing import Any

from orchestration.settings import Settings

_DATABASES = ("StagingDatabase", "AnalyticsDatabase")


def of_new_stack(stack_name: str, template_parameters: Mapping[str, Any]) -> dict[str, str]:
    """Return the parameters that keep two stacks of one account apart.

    The stack of the default name has the template's databases; any other has the same names with
    its own at the end. A stack that exists keeps what it was created with.

    Examples
    --------
    >>> declared = {name: {"Default": "videos"} for name in _DATABASES}
    >>> of_new_stack("second-team", declared)["AnalyticsDatabase"]
    'videos_second_team'
    """
    if stack_name == Settings.model_fields["stack_name"].default:
        return {}
    suffix = stack_name.replace("-", "_")
    return {name: f"{template_parameters[name]['Default']}_{suffix}" for name in _DATABASES}
