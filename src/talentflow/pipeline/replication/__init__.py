"""Do published figures come out again, and where they do not, why?

`measure_replication` gives the report of a build; `run_equal_inputs` the part of it that depends
on the rules alone. Everything here reads published values and published tables: no row is about
a person, but for the made-up people of the toy world.
"""

from __future__ import annotations

from talentflow.pipeline.replication.equal_inputs import run_equal_inputs
from talentflow.pipeline.replication.report import FORMAT, count_verdicts, measure_replication

__all__ = ["FORMAT", "count_verdicts", "measure_replication", "run_equal_inputs"]
