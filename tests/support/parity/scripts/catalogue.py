"""All scripts by name; each is played with engines that are in no swarm."""

from collections.abc import Mapping
from typing import Final

from parity.asks import Ask
from parity.scripts.cluster import CLUSTER
from parity.scripts.forms import FORMS
from parity.scripts.init import REFUSED_INIT
from parity.scripts.nodes import NODES
from parity.scripts.outside import OUTSIDE

SCRIPTS: Final[Mapping[str, tuple[Ask, ...]]] = {
    "outside": OUTSIDE,
    "init": REFUSED_INIT,
    "cluster": CLUSTER,
    "nodes": NODES,
    "forms": FORMS,
}
