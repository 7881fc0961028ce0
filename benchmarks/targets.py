"""What a benchmark is measured against: one line for each target says whether it was met. A miss is news, no error."""

from msgspec import Struct


class Target(Struct, frozen=True):
    """A bound that a figure is to keep: the most it may be or, where `at_least`, the least."""

    bound: float
    unit: str
    at_least: bool = False

    def verdict(self, what: str, measured: float) -> str:
        """Whether what was measured meets it, in one line."""
        met = measured >= self.bound if self.at_least else measured <= self.bound
        wanted = f"{'at least' if self.at_least else 'at most'} {_figure(self.bound)}"
        return f"  target {'met' if met else 'MISSED'}: {what} {_figure(measured)} {self.unit} ({wanted})"


def _figure(number: float) -> str:
    return f"{number:,.0f}" if number >= 1000 else f"{number:.4g}"
