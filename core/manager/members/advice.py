"""What to say of a number of managers: an even one is no safer than one less, and easier to lose a quorum of."""

from core.raft.quorum import quorum_size


def warning_of(manager_count: int) -> str:
    """Empty if there is nothing to warn of. Managers that vote are meant."""
    if manager_count < 2 or manager_count % 2:
        return ""
    tolerated_count = manager_count - quorum_size(manager_count)
    if not tolerated_count:
        return (
            "2 managers have no fault tolerance: without either of them nothing can be changed, "
            "which is twice the risk of 1 manager; have 1 or 3"
        )
    return (
        f"{manager_count} managers can lose {tolerated_count}, as {manager_count - 1} can, and have one more to lose; "
        f"have {manager_count - 1} or {manager_count + 1}"
    )
