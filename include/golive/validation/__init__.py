"""What arrived is what left: the checks of every table, and the sample that people look at."""

from golive.validation.run import CHECKS, Summary, run_checks, summary
from golive.validation.sample import Sample, SampledTable, draw_and_compare

__all__ = ["CHECKS", "Sample", "SampledTable", "Summary", "draw_and_compare", "run_checks", "summary"]
