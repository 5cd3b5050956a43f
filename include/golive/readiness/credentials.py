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

    Whoever asks must be signed in as somebody else: a connection that still uses such a login is named. Who is
    signed in now is said in any case; unless the file says which logins were the migration's own, be it none,
    that is missing.
    """
    names = site.project.support.credentials
    missing, signed_in = [], []
    for side, database in (("source", site.source), ("target", site.target)):
        with database.session(read_only=True) as connection:
            left = database.aftercare.logins_left(connection, names or ())
            ours = database.aftercare.signed_in_as(connection)
        signed_in.append(f"{ours} on the {side} {database.name}")
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
    now = f"Golive is signed in as {' and as '.join(signed_in)}"
    if names is None:
        undeclared = (
            f"nobody declared which logins were the migration's own, and {now}. {holders(site, OWNER)}: name them as"
            " `credentials` under `support` in the project file, or `[]` if they are to stay; then clear"
            " check_credentials"
        )
        return Outcome(f"No login is declared as the migration's own. {now}.", missing=(undeclared,))
    if not names:
        return Outcome(f"The project file says that no login was the migration's own, and all stay. {now}.")
    says = (
        f"{counted(len(names), 'login')} of the migration:"
        f" {'none can sign in any more' if not missing else f'{len(missing)} can still sign in, counting each side'}."
        f" {now}."
    )
    return Outcome(says, missing=tuple(missing))
