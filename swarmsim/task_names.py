"""What a task is called wherever a person reads of it, and in scenarios."""


def task_name(service: str, slot: int | str, host: str) -> str:
    """`web.1 on w2`; of a global service, which has one task on each host and no slots, `agent.w2`."""
    return f"{service}.{slot} on {host}" if slot and slot != host else f"{service}.{host}"
