"""Athena on Trino: what moto's Athena is asked is really run.

Statements are parsed (`parser`), carried out on the Glue catalog or by Trino (`runner`), and their
results left in S3 as Athena leaves them (`results`). See README.md in this folder for what is
supported and what differs.
"""

from moto.athena.models import athena_backends
from moto.athena.responses import AthenaResponse

from localaws.athena.api import absent, catalog, queries, resources
from localaws.athena.executions import by_region
from localaws.context import ServerContext


def install(context: ServerContext) -> None:
    """Replace moto's Athena by this one.

    Parameters
    ----------
    context
        The server that it runs in.
    """
    by_region.use(context)
    for module in (absent, catalog, queries, resources):
        for name, handler in module.OPERATIONS.items():
            setattr(AthenaResponse, name, handler)
    context.on_start(_fail_interrupted)
    context.on_stop(_stop_all)
    context.on_reset(_forget_all)


def _fail_interrupted() -> None:
    for backends in athena_backends.values():
        for region in list(backends):
            by_region.service(region).fail_interrupted()


def _forget_all() -> None:
    _stop_all()
    by_region.forget()


def _stop_all() -> None:
    for service in by_region.all_services():
        service.stop_all()
