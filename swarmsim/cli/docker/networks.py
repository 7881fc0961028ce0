"""`swarmsim network`: what connects tasks."""

import ipaddress
from collections.abc import Sequence
from typing import Annotated, Final

import typer

from swarmsim.cli.docker.asking import daemon
from swarmsim.cli.docker.client import DaemonError, Json, Refused
from swarmsim.cli.docker.groups import group
from swarmsim.cli.docker.inspecting import print_inspected
from swarmsim.cli.docker.label_lines import label_text
from swarmsim.cli.docker.natural_order import natural
from swarmsim.cli.docker.options import Filter, Format, InspectFormat, NoTruncation, Quiet, filters_of, pairs_of
from swarmsim.cli.docker.several import do_each
from swarmsim.cli.docker.tables import Row, print_list

_TABLE: Final = r"{{.ID}}\t{{.Name}}\t{{.Driver}}\t{{.Scope}}"
_HEADERS: Final = {"ID": "NETWORK ID"}
_ID_LENGTH: Final = 12
_NOT_FOUND: Final = 404
_PRUNE_WARNING: Final = "WARNING! This will remove all custom networks not used by at least one container."

Networks = Annotated[list[str], typer.Argument(metavar="NETWORK...", show_default=False)]
Texts = list[str] | None


def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NETWORK", show_default=False)],
    attachable: Annotated[bool, typer.Option("--attachable", help="Let single containers join it, too.")] = False,
    aux_address: Annotated[Texts, typer.Option(metavar="NAME=ADDRESS", help="Address to keep free.")] = None,
    config_from: Annotated[str, typer.Option(metavar="NETWORK", help="Network whose settings to take.")] = "",
    config_only: Annotated[bool, typer.Option("--config-only", help="Make settings, and no network.")] = False,
    driver: Annotated[str, typer.Option("--driver", "-d", help="Swarms have overlay.")] = "bridge",
    gateway: Annotated[Texts, typer.Option(metavar="ADDRESS", help="Gateway of a subnet.")] = None,
    ingress: Annotated[bool, typer.Option("--ingress", help="Make it the one of published ports.")] = False,
    internal: Annotated[bool, typer.Option("--internal", help="Let nobody outside be reached.")] = False,
    ip_range: Annotated[Texts, typer.Option(metavar="CIDR", help="Part of a subnet to take addresses from.")] = None,
    ipam_driver: Annotated[str, typer.Option(metavar="DRIVER", help="Who gives addresses.")] = "default",
    ipam_opt: Annotated[Texts, typer.Option(metavar="KEY=VALUE", help="Option for whoever gives addresses.")] = None,
    ipv4: Annotated[bool | None, typer.Option("--ipv4/--no-ipv4", help="Give addresses of IPv4.")] = None,
    ipv6: Annotated[bool | None, typer.Option("--ipv6/--no-ipv6", help="Give addresses of IPv6.")] = None,
    label: Annotated[Texts, typer.Option("--label", metavar="KEY=VALUE", help="Label of it; repeatable.")] = None,
    opt: Annotated[Texts, typer.Option("--opt", "-o", metavar="KEY=VALUE", help="Option for the driver.")] = None,
    scope: Annotated[str, typer.Option(metavar="swarm|local", help="Where it is to be known.")] = "",
    subnet: Annotated[Texts, typer.Option(metavar="CIDR", help="Addresses of it; repeatable.")] = None,
) -> None:
    """Declare a network."""
    body = {
        "Name": name,
        "Driver": driver,
        "Scope": scope,
        "EnableIPv4": ipv4,
        "EnableIPv6": ipv6,
        "IPAM": {
            "Driver": ipam_driver,
            "Options": pairs_of(ipam_opt),
            "Config": _pools(subnet or (), ip_range or (), gateway or (), pairs_of(aux_address)),
        },
        "Internal": internal,
        "Attachable": attachable,
        "Ingress": ingress,
        "ConfigOnly": config_only,
        "ConfigFrom": {"Network": config_from} if config_from else None,
        "Options": pairs_of(opt),
        "Labels": pairs_of(label),
    }
    print(daemon(context).post("/networks/create", body)["Id"])


def _pools(subnets: Sequence[str], ranges: Sequence[str], gateways: Sequence[str], spared: dict[str, str]) -> Json:
    """Each range, gateway and spared address goes to the subnet in which it lies."""
    pools: dict[str, dict[str, Json]] = {subnet: {"Subnet": subnet} for subnet in subnets}
    named = [("IPRange", text, text) for text in ranges] + [("Gateway", text, text) for text in gateways]
    for key, text, address in named + [("AuxiliaryAddresses", name, address) for name, address in spared.items()]:
        pool = pools[_subnet_of(address, subnets)]
        if key == "AuxiliaryAddresses":
            pool.setdefault(key, {})[text] = address
        elif key in pool:
            raise DaemonError(f"cannot configure multiple {key} ({text}, {pool[key]}) on the same subnet")
        else:
            pool[key] = text
    return list(pools.values())


def _subnet_of(text: str, subnets: Sequence[str]) -> str:
    try:
        address = ipaddress.ip_interface(text).ip
        for subnet in subnets:
            if address in ipaddress.ip_network(subnet, strict=False):
                return subnet
    except ValueError as error:
        raise DaemonError(f"invalid address: {error}") from error
    raise DaemonError(f"no matching subnet for {text}; name it with --subnet")


def list_networks(
    context: typer.Context,
    filters: Filter = None,
    format_text: Format = "",
    no_trunc: NoTruncation = False,
    quiet: Quiet = False,
) -> None:
    """List networks."""
    found = daemon(context).get("/networks", filters=filters_of(filters))
    rows = (_row(network, no_trunc) for network in sorted(found, key=lambda network: natural(network["Name"])))
    print_list(rows, _TABLE, _HEADERS, format_text, quiet=quiet)


def inspect(
    context: typer.Context,
    networks: Networks,
    format_text: InspectFormat = "",
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show the services and tasks on it, too.")] = False,
) -> None:
    """Show everything about networks."""
    asked = daemon(context)
    print_inspected(networks, lambda name: asked.get(f"/networks/{name}", verbose=verbose or None), format_text)


def remove(
    context: typer.Context,
    networks: Networks,
    force: Annotated[bool, typer.Option("--force", "-f", help="Be content if there is none.")] = False,
) -> None:
    """Remove networks that nothing uses."""
    asked = daemon(context)

    def remove_one(name: str) -> None:
        try:
            asked.delete(f"/networks/{name}")
        except Refused as refused:
            if not (force and refused.status == _NOT_FOUND):
                raise
        else:
            print(name)

    do_each(networks, remove_one)


def prune(
    context: typer.Context,
    filters: Annotated[
        list[str] | None, typer.Option("--filter", metavar="KEY=VALUE", help="Remove only what is so; repeatable.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", "-f", help="Do not ask.")] = False,
) -> None:
    """Remove all networks that nothing uses."""
    if not force and not typer.confirm(f"{_PRUNE_WARNING}\nAre you sure you want to continue?"):
        raise DaemonError("network prune has been cancelled")
    removed = daemon(context).post("/networks/prune", filters=filters_of(filters))["NetworksDeleted"]
    if removed:
        print("Deleted Networks:\n" + "\n".join(removed) + "\n")


def _row(network: Json, no_trunc: bool) -> Row:
    def flag(name: str) -> str:
        return str(network.get(name, False)).lower()

    return {
        "ID": network["Id"] if no_trunc else network["Id"][:_ID_LENGTH],
        "Name": network["Name"],
        "Driver": network["Driver"],
        "Scope": network["Scope"],
        "IPv4": flag("EnableIPv4"),
        "IPv6": flag("EnableIPv6"),
        "Internal": flag("Internal"),
        "Labels": label_text(network.get("Labels")),
        "CreatedAt": network["Created"].replace("T", " ").replace("Z", " +0000 UTC"),
    }


NETWORK: Final = group(
    "network",
    "Manage networks, as docker network does.",
    {"create": create, "ls|list": list_networks, "inspect": inspect, "rm|remove": remove, "prune": prune},
)
