"""Resources and platforms, as nodes have them and tasks ask for them."""

from typing import Final

from core.codec.docker.kinds import INTEGER, TEXT
from core.codec.docker.tables import Field, table
from core.objects.resources import Platform, Resources

PLATFORM: Final = table(Platform, Field("Architecture", "architecture", TEXT), Field("OS", "os", TEXT))
RESOURCES: Final = table(
    Resources,
    Field("NanoCPUs", "nano_cpus", INTEGER),
    Field("MemoryBytes", "memory_bytes", INTEGER),
    Field("Pids", "pids", INTEGER),
)
