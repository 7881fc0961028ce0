"""All groups of verbs."""

from typing import Final

from swarmsim.cli.docker.networks import NETWORK
from swarmsim.cli.docker.nodes import NODE
from swarmsim.cli.docker.payloads import CONFIG, SECRET
from swarmsim.cli.docker.services import SERVICE
from swarmsim.cli.docker.stacks import STACK
from swarmsim.cli.docker.swarms import SWARM

GROUPS: Final = (SWARM, NODE, SERVICE, STACK, SECRET, CONFIG, NETWORK)
