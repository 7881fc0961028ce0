"""Which published ports a service may have (swarmkit controlapi `validateEndpointSpec`, `checkPortConflicts`)."""

from core.ids import ServiceId
from core.manager.control.refusal import invalid
from core.manager.update.previous import specs_in_use
from core.objects.service import EndpointMode, EndpointSpec, PortConfig, Protocol, PublishMode
from core.store import Store

_PortKey = tuple[Protocol, int]


def check_endpoint_spec(spec: EndpointSpec) -> None:
    """Refuse what is unsound whatever other services publish."""
    seen: set[_PortKey] = set()
    for port in spec.ports:
        if not 0 < port.target_port < 65536 or not 0 <= port.published_port < 65536:
            raise invalid(f"EndpointSpec: invalid port {port.published_port}:{port.target_port}")
        if spec.mode is EndpointMode.DNSRR and port.publish_mode is PublishMode.INGRESS:
            raise invalid("EndpointSpec: port published with ingress mode can't be used with dnsrr mode")
        key = (port.protocol, port.published_port)
        if port.published_port and key in seen:
            raise invalid("EndpointSpec: duplicate published ports provided")
        seen.add(key)


def check_port_conflicts(store: Store, spec: EndpointSpec, own_id: ServiceId | None) -> None:
    """Refuse a fixed port that another service has, by its spec, one that it may be rolled back to, or by allocation.

    Services may share a host-mode port: the scheduler keeps them on different nodes.
    """
    wanted = [port for port in spec.ports if port.published_port]
    if not wanted:
        return
    for service in store.services.values():
        if service.id == own_id:
            continue
        declared = [port for spec in specs_in_use(store, service) for port in spec.endpoint.ports]
        for taken in (*declared, *service.endpoint.ports):
            for port in wanted:
                if _clash(port, taken):
                    mode = "a host-published" if taken.publish_mode is PublishMode.HOST else "an ingress"
                    raise invalid(
                        f"port '{port.published_port}' is already in use by service"
                        f" '{service.spec.name}' ({service.id}) as {mode} port"
                    )


def _clash(port: PortConfig, taken: PortConfig) -> bool:
    same = (port.protocol, port.published_port) == (taken.protocol, taken.published_port)
    return same and PublishMode.INGRESS in (port.publish_mode, taken.publish_mode)
