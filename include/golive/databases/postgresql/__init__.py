"""PostgreSQL 14 and later, as source and as target."""

from golive.databases.postgresql.engine import PostgreSQL

__all__ = ["PostgreSQL"]
