"""Names for ids in answers of the API: each is asked for once."""

from swarmsim.cli.docker.client import Daemon, DaemonError


class Names:
    """What is gone is called by its id."""

    def __init__(self, daemon: Daemon, *, resolve: bool = True) -> None:
        self._daemon = daemon
        self._resolve = resolve
        self._known: dict[str, str] = {}

    def service(self, service_id: str) -> str:
        """A service's name."""
        return self._named(f"/services/{service_id}", service_id, "Spec", "Name")

    def node(self, node_id: str) -> str:
        """A node's hostname."""
        return self._named(f"/nodes/{node_id}", node_id, "Description", "Hostname")

    def network(self, network_id: str) -> str:
        """A network's name."""
        return self._named(f"/networks/{network_id}", network_id, "Name")

    def _named(self, path: str, object_id: str, *keys: str) -> str:
        if not object_id or not self._resolve:
            return object_id
        if path not in self._known:
            try:
                found = self._daemon.get(path)
            except DaemonError:
                found = None
            for key in keys:
                found = (found or {}).get(key)
            self._known[path] = found or object_id
        return self._known[path]
