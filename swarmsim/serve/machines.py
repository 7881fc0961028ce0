"""What is told of a simulated machine: where it is, whether it runs, and what it is in its swarm."""

from msgspec import Struct

from swarmsim.serve.place import Place
from swarmsim.world import Power, World


class Machine(Struct, frozen=True):
    """As it travels from the server to the command line; `power` and `phase` in the words of their enumerations."""

    name: str
    power: Power
    phase: str
    leads: bool
    address: str
    """Its own, in the simulated network."""
    docker_host: str
    docker_port: str


def machine_of(world: World, host: str, place: Place) -> Machine:
    """One host at this instant."""
    status = world.status(host)
    return Machine(
        host,
        status.power,
        status.phase.value,
        status.leads,
        world.address(host).rpartition(":")[0],
        place.docker_host,
        place.docker_port,
    )
