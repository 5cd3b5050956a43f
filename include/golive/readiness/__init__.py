"""What has to hold before a door opens, and what people said about it.

Each module is one topic of the roadmap, as functions ``(Site) -> Outcome``: they look, and say what
they found, what is missing and what the ledger has to keep. They write nothing into it themselves, and
know no Airflow.
"""

from golive.readiness.site import Outcome, Record, Site

__all__ = ["Outcome", "Record", "Site"]
