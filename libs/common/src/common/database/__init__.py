"""PostgreSQL: the pool that every service uses, and the migrations of every schema."""

from common.database.pool import TRANSIENT, Connection, Database, Row

__all__ = ["TRANSIENT", "Connection", "Database", "Row"]
