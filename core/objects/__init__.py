"""The objects of a swarm, one immutable record each; vocabulary and field order follow Docker's API.

Never here: behaviour beyond reading one's own fields, JSON names (`core.codec`), or tables (`core.store`).
"""

from core.objects.cluster import Cluster
from core.objects.config import Config
from core.objects.network import Network
from core.objects.node import Node
from core.objects.secret import Secret
from core.objects.service import Service
from core.objects.task import Task

StoredObject = Node | Service | Task | Network | Secret | Config | Cluster
"""The closed union of what the replicated store holds."""

__all__ = ["Cluster", "Config", "Network", "Node", "Secret", "Service", "StoredObject", "Task"]
