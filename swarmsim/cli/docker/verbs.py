"""All groups of verbs."""

from typing import Final

from swarmsim.cli.docker.networks import NETWORK
from swarmsim.cli.docker.nodes import NODE
from swarmsim.cli.docker.payloads import CONFIG, SECRET
from swarmsim.cli.docker.swarms import SWARM

GROUPS: Final = (SWARM, NODE, SECRET, CONFIG, NETWORK)
