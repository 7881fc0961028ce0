"""Hypothesis profiles: nothing left to chance by default, new random examples only where a campaign asks for them.

`HYPOTHESIS_PROFILE=campaign make test` searches with fresh seeds; a failure prints the blob that reproduces it.
"""

import os

from hypothesis import HealthCheck, Phase, settings

settings.register_profile(
    "ci",
    derandomize=True,
    database=None,
    deadline=None,  # shared machines stall; how fast code is belongs in benchmarks/
    max_examples=100,
    stateful_step_count=50,
    suppress_health_check=[HealthCheck.too_slow],  # the same reason
)
settings.register_profile(
    "mutants",  # a planted bug need only be found: the same examples as in CI, without making the failing one small
    settings.get_profile("ci"),
    phases=[Phase.explicit, Phase.generate],
    report_multiple_bugs=False,
)
settings.register_profile(
    "campaign",
    deadline=None,
    max_examples=5_000,
    stateful_step_count=200,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
