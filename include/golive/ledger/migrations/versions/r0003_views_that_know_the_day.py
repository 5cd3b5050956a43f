"""An issue that came back was opened when it came back, and a signature that has ended is no PASS."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make both views anew, with the columns that they have; as in 0002, read-only by ``distinct on``."""
    # The last day of a signature is one of the project's own zone, which a view does not know: it has ended for
    # certain once that day is over everywhere, twelve hours after it is over in UTC. As text, since a payload may
    # hold anything.
    op.execute("""
        create or replace view ledger.criterion as
        select distinct on (project, payload ->> 'id')
            project, payload ->> 'id' as id, payload ->> 'title' as title,
            case
                when payload ->> 'state' = 'PASS' and payload ->> 'expires' <> ''
                    and payload ->> 'expires' < to_char(now() at time zone 'UTC' - interval '12 hours', 'YYYY-MM-DD')
                then 'FAIL'
                else payload ->> 'state'
            end as state,
            payload ->> 'says' as says, payload ->> 'approver' as approver, payload ->> 'expires' as expires,
            case payload ->> 'measured' when 'true' then true when 'false' then false end as measured,
            actor, at, seq
        from ledger.entry
        where kind = 'criterion'
        order by project, payload ->> 'id', seq desc
    """)
    # A time of being open begins with an entry that is not 'closed', after one that is, or after none.
    op.execute("""
        create or replace view ledger.issue as
        with told as (
            select project, payload, at, seq, payload ->> 'id' as id,
                payload ->> 'state' is distinct from 'closed'
                and coalesce(lag(payload ->> 'state', 1, 'closed') over every, '') = 'closed' as begins
            from ledger.entry
            where kind = 'issue'
            window every as (partition by project, payload ->> 'id' order by seq)
        ), counted as (
            select *, count(*) filter (where begins) over (partition by project, id order by seq) as episode from told
        )
        select distinct on (project, id)
            project, id, payload ->> 'title' as title, payload ->> 'severity' as severity,
            payload ->> 'owner' as owner, payload ->> 'state' as state, payload ->> 'says' as says,
            first_value(at) over (partition by project, id, episode order by seq) as opened_at, at, seq
        from counted
        order by project, id, seq desc
    """)
