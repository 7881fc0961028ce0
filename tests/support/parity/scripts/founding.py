"""What every script in a swarm begins with."""

from parity.asks import get, post

INIT = {
    "ListenAddr": "{host}:2377",
    "AdvertiseAddr": "{host}:2377",
    "DefaultAddrPool": ["198.19.0.0/16"],
    "SubnetSize": 24,
}
"""A pool of its own: the usual one is of addresses that may be somebody's."""

FOUNDED = (
    post("/swarm/init", INIT, keep={"node": ""}),
    get(
        "/nodes/{node}",
        keep={"hostname": "/Description/Hostname"},
        until=lambda node: node["Status"]["State"] == "ready",
        part="/Spec",
    ),
)
