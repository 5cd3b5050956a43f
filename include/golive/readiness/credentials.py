"""The logins that the migration used: gone from both servers, or unable to sign in, when it is handed over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from golive.readiness.asked import counted, holders
from golive.readiness.site import Outcome

if TYPE_CHECKING:
    from golive.readiness.site import Site

OWNER = "operations"


def check_credentials(site: Site) -> Outcome:
    """No login of the migration may sign in to the source or the target any more, by their own catalogues.

    Whoever asks must be signed in as somebody else: a connection that still uses such a login is named.
    """
    names = site.project.support.credentials
    if not names:
        return Outcome("No login is declared as the migration's own: nothing was looked at.")
    missing = []
    for side, database in (("source", site.source), ("target", site.target)):
        with database.session(read_only=True) as connection:
            left = database.aftercare.logins_left(connection, names)
            ours = database.aftercare.signed_in_as(connection)
        for login in left:
            uses = (
                f" The connection {database.name} itself uses it: give that one another login first."
                if login == ours
                else ""
            )
            missing.append(
                f"the login {login} can still sign in to the {side} {database.name}.{uses} {holders(site, OWNER)}: drop"
                " it, or set it to NOLOGIN, then clear check_credentials"
            )
    says = (
        f"{counted(len(names), 'login')} of the migration:"
        f" {'none can sign in any more' if not missing else f'{len(missing)} can still sign in, counting each side'}."
    )
    return Outcome(says, missing=tuple(missing))
