"""The stack of the profile `everything`: all of swarm mode at once, in two versions.

Replicated and global services and jobs; virtual IPs and DNS round robin; ports of the routing mesh and of hosts;
several networks with aliases, one of them internal; secrets and configs; health checks; a constraint and placement
preferences; a fence and slower restarts; updates in either order with each action on failure. The second version
rotates a secret and a config, has another service in the place of one, asks for more of another, whose image listens on
another port and may not be anywhere, adds a network and takes another port of the hosts.
"""

from typing import Final

from msgspec.structs import replace

from core.timing import MS, SECOND
from swarmsim.fuzz.stack import FuzzStack
from swarmsim.scenario.plan import Call, ImagePlan, TrafficPlan

_FIRST: Final = """\
version: "3.13"
x-often: &often
  restart_policy: {condition: any, delay: 500ms}
services:
  web:
    image: whole/web:1
    ports: ["8080:80"]
    networks: {front: {aliases: [www]}}
    configs: [{source: site, target: /etc/site.conf}]
    healthcheck:
      {test: ["CMD", "true"], interval: 500ms, timeout: 1s, retries: 2, start_period: 1s, start_interval: 100ms}
    deploy:
      <<: *often
      replicas: 4
      placement: {preferences: [{spread: node.labels.zone}]}
      update_config: {parallelism: 2, delay: 200ms, monitor: 1s, order: start-first, failure_action: rollback}
      rollback_config: {parallelism: 0, monitor: 1s, order: start-first}
  api:
    image: whole/api:1
    networks: {front: {aliases: [backend]}, back: {}}
    secrets: [{source: key, target: api-key, uid: "103", gid: "103", mode: 0440}, key]
    deploy:
      <<: *often
      replicas: 3
      labels: {swarmsim.restart-backoff: 2s}
      endpoint_mode: dnsrr
      update_config: {parallelism: 1, delay: 100ms, monitor: 1s, failure_action: pause}
  cache:
    image: whole/cache:1
    networks: [back]
    ports: [{target: 6379, published: 6379, mode: host}]
    deploy:
      <<: *often
      mode: global
      update_config: {parallelism: 3, monitor: 1s, max_failure_ratio: 0.5, failure_action: continue}
  control:
    image: whole/control:1
    networks: [back]
    secrets: [key]
    stop_grace_period: 1s
    deploy:
      <<: *often
      labels: {swarmsim.fence: 3s}
      placement: {constraints: [node.role == manager]}
  batch:
    image: whole/batch:1
    networks: [back]
    deploy: {mode: replicated-job, replicas: 6, restart_policy: {condition: on-failure, delay: 500ms}}
  sweep:
    image: whole/sweep:1
    deploy: {mode: global-job, restart_policy: {condition: on-failure, delay: 500ms}}
networks:
  front:
  back: {internal: true}
secrets:
  key: {file: fuzz-key-1.txt, name: whole_key_1}
configs:
  site: {file: fuzz-site-1.txt, name: whole_site_1}
"""
_SECOND: Final = (
    _FIRST.replace("fuzz-key-1.txt, name: whole_key_1", "fuzz-key-2.txt, name: whole_key_2")
    .replace("fuzz-site-1.txt, name: whole_site_1", "fuzz-site-2.txt, name: whole_site_2")
    .replace("\n  control:\n", "\n  console:\n")
    .replace("whole/web:1", "whole/web:3")
    .replace('ports: ["8080:80"]', 'ports: ["8080:8081", "8443:8081"]')
    .replace("replicas: 4", "replicas: 5")
    .replace("{preferences: [{spread: node.labels.zone}]}", '{constraints: ["node.labels.zone != c"]}')
    .replace("aliases: [backend]}, back: {}}", "aliases: [backend]}, back: {}, side: {}}")
    .replace("published: 6379", "published: 6380")
    .replace("  front:\n  back:", "  front:\n  side:\n  back:")
)
_WEB: Final = ImagePlan(
    "whole/web:1",
    pull_ns=300 * MS,
    start_ns=100 * MS,
    healthy_after_ns=200 * MS,
    port=80,
    calls=(Call("backend", 8000),),
)
_WEB_ON_ANOTHER_PORT: Final = replace(_WEB, image="whole/web:3", port=8081)
_API: Final = ImagePlan("whole/api:1", pull_ns=300 * MS, start_ns=150 * MS, port=8000, calls=(Call("cache", 6379),))
_CACHE: Final = ImagePlan("whole/cache:1", pull_ns=200 * MS, start_ns=50 * MS, port=6379, service_ns=1 * MS)
_CONTROL: Final = ImagePlan("whole/control:1", pull_ns=200 * MS, start_ns=50 * MS)
_BATCH: Final = ImagePlan("whole/batch:1", pull_ns=200 * MS, start_ns=50 * MS, exits_after_ns=1500 * MS)
_SWEEP: Final = ImagePlan("whole/sweep:1", pull_ns=200 * MS, start_ns=50 * MS, exits_after_ns=500 * MS)
_NAMED: Final = {
    "whole_web": _WEB,
    "whole_api": _API,
    "whole_cache": _CACHE,
    "whole_batch": _BATCH,
    "whole_sweep": _SWEEP,
}


def _other(plan: ImagePlan, version: str) -> ImagePlan:
    return replace(plan, image=plan.image.replace(":1", f":{version}"))


def _crashing(plan: ImagePlan) -> ImagePlan:
    return replace(_other(plan, "crashes"), exits_after_ns=300 * MS, exit_code=1)


WHOLE: Final = FuzzStack(
    name="whole",
    files={
        "fuzz-whole.yml": _FIRST,
        "fuzz-whole-2.yml": _SECOND,
        "fuzz-key-1.txt": "not so secret\n",
        "fuzz-key-2.txt": "no secret either\n",
        "fuzz-site-1.txt": "colour = red\n",
        "fuzz-site-2.txt": "colour = blue\n",
    },
    again=("fuzz-whole.yml", "fuzz-whole-2.yml"),
    scalable=("whole_web", "whole_api"),
    updatable=tuple(_NAMED),
    images=(*_NAMED.values(), _CONTROL, _WEB_ON_ANOTHER_PORT),
    next_images={service: _other(plan, "2") for service, plan in _NAMED.items()},
    bad_images={
        "whole_web": (_crashing(_WEB), replace(_other(_WEB, "sick"), healthy_after_ns=600 * SECOND)),
        "whole_api": (_crashing(_API),),
        "whole_cache": (_crashing(_CACHE),),
    },
    owned=(),
    zones=("a", "b", "c"),
    out_of_reach=(),
    clients=TrafficPlan("users", "whole_web", 8080, rate_per_s=20),
)
