"""The small stack of most fuzz campaigns: three services that call each other, and a secret."""

from typing import Final

from msgspec.structs import replace

from core.timing import MS
from swarmsim.checks.situations import OF_JOBS
from swarmsim.fuzz.stack import FuzzStack
from swarmsim.scenario.plan import Call, ImagePlan, TrafficPlan
from swarmsim.scenario.steps import RemoveNetwork, RemoveSecret

_COMPOSE: Final = """\
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
_SERVICES: Final = ("app_web", "app_api", "app_cache")
_IMAGES: Final = (
    ImagePlan("fuzz/web:1", pull_ns=300 * MS, start_ns=100 * MS, port=80, calls=(Call("api", 8000),)),
    ImagePlan("fuzz/api:1", pull_ns=300 * MS, start_ns=150 * MS, port=8000, calls=(Call("cache", 6379),)),
    ImagePlan("fuzz/cache:1", pull_ns=200 * MS, start_ns=50 * MS, port=6379, service_ns=1 * MS),
)

SMALL: Final = FuzzStack(
    name="app",
    files={"fuzz-stack.yml": _COMPOSE, "fuzz-api-key.txt": "not so secret\n"},
    again=("fuzz-stack.yml",),
    scalable=_SERVICES[:2],
    updatable=_SERVICES,
    images=_IMAGES,
    next_images={
        service: replace(plan, image=plan.image.replace(":1", ":2"))
        for service, plan in zip(_SERVICES, _IMAGES, strict=True)
    },
    bad_images={},
    owned=(
        (frozenset({"app_api"}), RemoveSecret("app_api-key")),
        (frozenset({"app_web", "app_api"}), RemoveNetwork("app_front")),
        (frozenset({"app_api", "app_cache"}), RemoveNetwork("app_back")),
    ),
    zones=(),
    out_of_reach=(*OF_JOBS, "update-paused", "update-rolled-back-by-itself", "task-found-no-node"),
    clients=TrafficPlan("users", "app_web", 8080, rate_per_s=20),
)
