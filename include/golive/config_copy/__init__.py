"""Configuration areas: compared with production ahead of go-live, copied into it, and taken back."""

from golive.config_copy.compare import Compared, CompareTable, compare
from golive.config_copy.copy import CopiedArea, Unconfirmed, content_hashes, copied_areas, copy_area
from golive.config_copy.layout import AreaPlan, check_live, lay_out
from golive.config_copy.undo import undo_area

__all__ = [
    "AreaPlan",
    "CompareTable",
    "Compared",
    "CopiedArea",
    "Unconfirmed",
    "check_live",
    "compare",
    "content_hashes",
    "copied_areas",
    "copy_area",
    "lay_out",
    "undo_area",
]
