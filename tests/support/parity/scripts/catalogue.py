"""All scripts by name; each is played with engines that are in no swarm."""

from collections.abc import Mapping
from typing import Final

from parity.asks import Script
from parity.scripts.cluster import CLUSTER
from parity.scripts.forms import FORMS
from parity.scripts.init import FOUNDINGS
from parity.scripts.networks import NETWORKS
from parity.scripts.nodes import NODES
from parity.scripts.outside import OUTSIDE
from parity.scripts.services import SERVICES
from parity.scripts.specs import SPECS
from parity.scripts.stored import CONFIGS, SECRETS
from parity.scripts.tasks import TASKS

SCRIPTS: Final[Mapping[str, Script]] = {
    "outside": OUTSIDE,
    "init": FOUNDINGS,
    "cluster": CLUSTER,
    "nodes": NODES,
    "forms": FORMS,
    "secrets": SECRETS,
    "configs": CONFIGS,
    "networks": NETWORKS,
    "specs": SPECS,
    "services": SERVICES,
    "tasks": TASKS,
}
