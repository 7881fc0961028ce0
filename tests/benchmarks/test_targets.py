"""What benchmarks say of their targets."""

import pytest
from targets import Target

GAP = Target(0.5, "s")
RATE = Target(500_000, "writes/s", at_least=True)


@pytest.mark.parametrize(
    ("target", "measured", "said"),
    [
        (GAP, 0.41, "  target met: median 0.41 s (at most 0.5)"),
        (GAP, 0.5, "  target met: median 0.5 s (at most 0.5)"),
        (GAP, 0.612345, "  target MISSED: median 0.6123 s (at most 0.5)"),
        (RATE, 4_812_654.3, "  target met: median 4,812,654 writes/s (at least 500,000)"),
        (RATE, 2_999, "  target MISSED: median 2,999 writes/s (at least 500,000)"),
    ],
)
def test_a_target_is_met_or_missed(target: Target, measured: float, said: str) -> None:
    assert target.verdict("median", measured) == said
