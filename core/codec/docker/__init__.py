"""The core's objects as the JSON of Docker's Engine API (1.50), and specs and requests from it.

Never here: HTTP, names looked up in a store, or whether what is asked for may be.

A body is what `msgspec.json.decode` returns (it refuses what is no Unicode, and numbers that are none); an answer is
ready for `msgspec.json.encode`. Who decodes has to expect `core.mistakes.DocumentError`, whose text tells the client
what is wrong and where.

    cluster         decode_swarm_spec(body, current) -> ClusterSpec
                    encode_swarm(cluster), encode_cluster_info(cluster)
    swarm_requests  decode_init_request(body) -> InitRequest, with .operation(advertise) -> InitSwarm
                    decode_join_request(body) -> JoinRequest, with .operation(advertise, remotes) -> JoinSwarm
                    decode_unlock_request(body) -> UnlockSwarm
    node            decode_node_spec(body) -> NodeSpec; encode_node(node, leads=…)
    secret          decode_secret_spec(body) -> SecretSpec; encode_secret(secret)
    config          decode_config_spec(body) -> ConfigSpec; encode_config(config)
    network         decode_network_request(body) -> NetworkSpec; encode_network(network, peers=…)
    service         decode_service_spec(body) -> ServiceSpec; encode_service(service, counts=ServiceCounts(…) or None)
    task            encode_task(task, networks by id)
    times           rfc3339(time_ns)
    unsupported     warnings(spec): a sentence for each thing in a spec that is kept and has no effect
"""
