"""The checks of each command, in the order in which they are asked."""

from orchestration.checks import (
    account,
    alarms,
    change_set,
    data,
    leftovers,
    quotas,
    rights,
    stack_health,
    wistia_token,
)
from orchestration.checks.check import Check

PREFLIGHT = (
    Check("credentials", account.credentials),
    Check("region", account.region),
    Check("engine", account.engines),
    Check("Glue", account.glue_version),
    Check("names", account.names),
    Check("token", wistia_token.token),
    Check("stack", leftovers.stack_state),
    Check("data", leftovers.kept_data),
    Check("secret", leftovers.dying_secrets),
    Check("database", leftovers.databases),
    Check("template", change_set.template_is_valid),
    Check("change set", change_set.change_set),
    Check("rights", rights.rights),
    Check("ECS role", rights.service_role),
    Check("Lake Formation", rights.lake_formation),
    Check("quota", quotas.quotas),
)

DOCTOR = (
    Check("deploy", stack_health.deployed),
    Check("schedule", stack_health.schedule),
    Check("last night", stack_health.last_night),
    Check("partitions", data.partitions),
    Check("marts", data.marts),
    Check("expiry", data.expiring_tables),
    Check("bucket", data.bucket),
    Check("alarm", alarms.alarms),
    Check("subscription", alarms.subscriptions),
    Check("logs", stack_health.log_groups),
    Check("drift", stack_health.drift),
)
