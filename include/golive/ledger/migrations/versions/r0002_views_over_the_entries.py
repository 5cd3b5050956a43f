"""The views that people and pages read, and the index by which a run's entries are found.

In each view a thing is said by its newest entry. A key that a payload lacks is null, and so is a
truth value that is neither true nor false: an entry is never the reason why a view cannot be read.
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create all; by ``distinct on``, which PostgreSQL refuses to write through: the views are read-only."""
    op.execute("create index entry_project_run_seq on ledger.entry (project, run, seq)")
    op.execute("""
        create view ledger.stage_state as
        select distinct on (project, stage)
            project, stage, payload ->> 'state' as state, actor, run, at, seq, payload ->> 'reason' as reason
        from ledger.entry
        where kind = 'stage'
        order by project, stage, seq desc
    """)
    # Without a question it is the go-live's, as the gates read it.
    op.execute("""
        create view ledger.sign_off as
        select distinct on (project, run, coalesce(payload ->> 'question', 'go_live'))
            project, stage, run, coalesce(payload ->> 'question', 'go_live') as question, payload ->> 'role' as role,
            payload ->> 'verdict' as verdict, actor, at, seq, payload ->> 'evidence_hash' as evidence_hash,
            payload ->> 'comment' as comment, payload ->> 'reason' as reason, payload -> 'people' as people
        from ledger.entry
        where kind = 'approval'
        order by project, run, coalesce(payload ->> 'question', 'go_live'), seq desc
    """)
    op.execute("""
        create view ledger.criterion as
        select distinct on (project, payload ->> 'id')
            project, payload ->> 'id' as id, payload ->> 'title' as title, payload ->> 'state' as state,
            payload ->> 'says' as says, payload ->> 'approver' as approver, payload ->> 'expires' as expires,
            case payload ->> 'measured' when 'true' then true when 'false' then false end as measured,
            actor, at, seq
        from ledger.entry
        where kind = 'criterion'
        order by project, payload ->> 'id', seq desc
    """)
    op.execute("""
        create view ledger.issue as
        select distinct on (project, payload ->> 'id')
            project, payload ->> 'id' as id, payload ->> 'title' as title, payload ->> 'severity' as severity,
            payload ->> 'owner' as owner, payload ->> 'state' as state, payload ->> 'says' as says,
            first_value(at) over (partition by project, payload ->> 'id' order by seq) as opened_at, at, seq
        from ledger.entry
        where kind = 'issue'
        order by project, payload ->> 'id', seq desc
    """)
    op.execute("""
        create view ledger.risk as
        select distinct on (project, payload ->> 'id')
            project, payload ->> 'id' as id, payload ->> 'what' as what, payload ->> 'likelihood' as likelihood,
            payload ->> 'impact' as impact, payload ->> 'owner' as owner, payload ->> 'mitigation' as mitigation,
            payload ->> 'review' as review, payload ->> 'state' as state, payload ->> 'raised_by' as raised_by,
            at, seq
        from ledger.entry
        where kind = 'risk'
        order by project, payload ->> 'id', seq desc
    """)
    op.execute("""
        create view ledger.training as
        select distinct on (project, payload ->> 'person', payload ->> 'course')
            project, payload ->> 'person' as person, payload ->> 'course' as course,
            payload ->> 'group' as group_name, payload ->> 'state' as state, payload ->> 'on' as on_day,
            payload ->> 'material' as material, actor, at, seq
        from ledger.entry
        where kind = 'training'
        order by project, payload ->> 'person', payload ->> 'course', seq desc
    """)
    op.execute("""
        create view ledger.third_party as
        select distinct on (project, payload ->> 'name')
            project, payload ->> 'name' as name, payload ->> 'login' as login, payload ->> 'direction' as direction,
            payload ->> 'action' as action, payload ->> 'owner' as owner,
            case payload ->> 'declared' when 'true' then true when 'false' then false end as declared,
            case payload ->> 'seen' when 'true' then true when 'false' then false end as seen,
            payload ->> 'state' as state, at, seq
        from ledger.entry
        where kind = 'third_party'
        order by project, payload ->> 'name', seq desc
    """)
    op.execute("""
        create view ledger.area as
        select distinct on (project, payload ->> 'area')
            project, payload ->> 'area' as area, payload ->> 'owner' as owner, payload ->> 'state' as state,
            payload ->> 'reason' as reason, payload -> 'depends' as depends, actor, at, seq
        from ledger.entry
        where kind = 'area'
        order by project, payload ->> 'area', seq desc
    """)
