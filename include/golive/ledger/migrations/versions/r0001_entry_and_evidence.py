"""The entries, the evidence beside them, and the triggers that refuse to change either."""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create both tables; ENABLE ALWAYS, so that a session in replica role is refused as well."""
    op.execute("""
        create table ledger.evidence (
            hash text primary key,
            document json,
            file bytea,
            constraint evidence_document_or_file check (num_nonnulls(document, file) = 1)
        )
    """)
    op.execute("""
        create table ledger.entry (
            seq bigint primary key,
            at timestamp with time zone not null,
            project text not null,
            stage text,
            kind text not null,
            actor text not null,
            run text,
            once text,
            project_hash text,
            code_hash text,
            payload json not null,
            evidence_hash text constraint entry_evidence_hash_fkey references ledger.evidence (hash),
            prev_hash text not null unique,
            hash text not null unique
        )
    """)
    op.execute("create index entry_project_kind_seq on ledger.entry (project, kind, seq)")
    op.execute("create unique index entry_project_once on ledger.entry (project, once) where once is not null")
    op.execute("""
        create function ledger.refuse_change() returns trigger language plpgsql set search_path = pg_catalog as $$
        begin
            raise exception '% of %.% refused: the ledger is append-only', tg_op, tg_table_schema, tg_table_name
                using errcode = 'restrict_violation', hint = 'To correct an entry, append another that says so.';
        end $$
    """)
    op.execute("""
        create trigger append_only before update or delete or truncate on ledger.entry
            for each statement execute function ledger.refuse_change()
    """)
    op.execute("""
        create trigger append_only before update or delete or truncate on ledger.evidence
            for each statement execute function ledger.refuse_change()
    """)
    op.execute("alter table ledger.entry enable always trigger append_only")
    op.execute("alter table ledger.evidence enable always trigger append_only")
