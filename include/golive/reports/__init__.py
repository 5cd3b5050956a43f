"""What a run did, as people read it: a read model made from the ledger alone, and its Markdown.

``golive.web`` shows the same model as a page.
"""

from golive.reports.markdown import as_markdown
from golive.reports.model import RunLine, RunReport, State
from golive.reports.run import run_report, runs

__all__ = ["RunLine", "RunReport", "State", "as_markdown", "run_report", "runs"]
