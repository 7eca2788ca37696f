"""What the executors share: what the server offers to them, and how they use its own services.

Each executor is a package ``localaws.<name>`` with one public function ``install(context)``. The
server calls it once in its own process, before it serves the first request. There it patches moto
and registers what it needs with the context.
"""

from localaws.context.server_context import ControlHandler, Json, ServerContext, TrinoHandle

__all__ = ["ControlHandler", "Json", "ServerContext", "TrinoHandle"]
