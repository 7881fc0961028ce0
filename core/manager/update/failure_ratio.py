"""How many failures an update bears."""


def is_too_many(failure_count: int, slot_count: int, max_ratio: float) -> bool:
    """Whether so many failures are more than this ratio, 0 to 1, of the slots that were to be updated.

    A quotient is the number nearest to it, as the ratio that was written in decimals is; a product may lie beside it:
    0.29 * 100 is less than 29.
    """
    return failure_count / max(slot_count, 1) > max_ratio
