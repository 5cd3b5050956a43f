"""The command line: ``golive check``, ``demo``, ``freeze``, ``unfreeze``, ``accept``,
``status``, ``config``, ``ledger``, ``expectations``, ``review``.

A command ends with 0 when everything it was asked for is so, and with 1 when something is not; what
was found goes to standard output, what stopped the command itself to standard error.
"""

from __future__ import annotations

import typer

from golive.cli import check, config, demo, expectations, freeze, ledger, review, status

# A traceback with its variables would show passwords.
app = typer.Typer(
    name="golive",
    help="A whole move from an old system to its new one.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)
app.command()(check.check)
app.command()(demo.demo)
app.command()(freeze.freeze)
app.command()(freeze.unfreeze)
app.command()(freeze.accept)
app.command()(status.status)
app.add_typer(ledger.app, name="ledger")
app.add_typer(config.app, name="config")
app.add_typer(expectations.app, name="expectations")
app.add_typer(review.app, name="review")


@app.callback()
def _root() -> None:
    """A whole move from an old system to its new one."""
