"""The small stack that fuzz campaigns of whole swarms deploy: three services that call each other, and a secret."""

from functools import cache
from typing import Final

from msgspec.structs import replace

from core.compose.stack import Stack
from core.timing import MS
from swarmsim.compose_files import load_text
from swarmsim.scenario.plan import Call, ImagePlan

STACK_NAME: Final = "app"
STACK_FILE: Final = "fuzz-stack.yml"
WEB_PORT: Final = 8080
SERVICES: Final = ("app_web", "app_api", "app_cache")
COMPOSE: Final = """\
version: "3.13"
services:
  web:
    image: fuzz/web:1
    ports: ["8080:80"]
    networks: [front]
    deploy: &often
      replicas: 3
      restart_policy: {condition: any, delay: 500ms}
      update_config: {parallelism: 2, delay: 200ms, monitor: 1s, order: start-first, failure_action: rollback}
  api:
    image: fuzz/api:1
    networks: [front, back]
    secrets: [api-key]
    deploy:
      <<: *often
      replicas: 2
  cache:
    image: fuzz/cache:1
    networks: [back]
    deploy:
      mode: global
      restart_policy: {condition: any, delay: 500ms}
      update_config: {monitor: 1s, max_failure_ratio: 0.5, failure_action: continue}
networks:
  front:
  back:
secrets:
  api-key:
    file: fuzz-api-key.txt
"""
FILES: Final = {STACK_FILE: COMPOSE, "fuzz-api-key.txt": "not so secret\n"}
"""What has to lie beside a scenario that deploys it."""
IMAGES: Final = (
    ImagePlan("fuzz/web:1", pull_ns=300 * MS, start_ns=100 * MS, port=80, calls=(Call("api", 8000),)),
    ImagePlan("fuzz/api:1", pull_ns=300 * MS, start_ns=150 * MS, port=8000, calls=(Call("cache", 6379),)),
    ImagePlan("fuzz/cache:1", pull_ns=200 * MS, start_ns=50 * MS, port=6379, service_ns=1 * MS),
)

NEXT_IMAGES: Final = {
    service: replace(plan, image=plan.image.replace(":1", ":2")) for service, plan in zip(SERVICES, IMAGES, strict=True)
}
"""What each service is updated to: the same in another version."""


@cache
def read_stack(name: str, files: tuple[str, ...]) -> Stack:
    """The stack, as a scenario's loader asks for it."""
    assert files == (STACK_FILE,), files
    return load_text(COMPOSE, STACK_FILE, name=name, read_file=lambda path: FILES[path.removeprefix("./")].encode())
