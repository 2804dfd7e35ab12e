"""credit buckets."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_WORDS = {
    "kind": ("GRANT", "HOLD", "CAPTURE", "RELEASE", "EXPIRE"),
    "debit": ("HOUSE", "AVAILABLE", "HELD", "SPENT", "EXPIRED"),
    "credit": ("HOUSE", "AVAILABLE", "HELD", "SPENT", "EXPIRED"),
}


def upgrade() -> None:
    for name in ("entry_count", "low_mark"):
        op.add_column("credit_accounts", sa.Column(name, sa.Integer(), server_default="0", nullable=False))
        op.alter_column("credit_accounts", name, server_default=None)
    op.create_table(
        "credit_buckets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("PROMOTIONAL", "PAID", name="kind_known", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("granted", sa.Integer(), nullable=False),
        sa.Column("available", sa.Integer(), nullable=False),
        sa.Column("expired", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("is_extended", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint("available >= 0 AND expired >= 0", name="not_negative"),
        sa.CheckConstraint("available + expired <= granted", name="within_granted"),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["credit_accounts.id"],
            name="fk_credit_buckets_account_id_credit_accounts",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_credit_buckets"),
    )
    op.create_index("ix_credit_buckets_account_id", "credit_buckets", ["account_id"])
    op.create_index(
        "ix_credit_buckets_expires_at", "credit_buckets", ["expires_at"], postgresql_where=sa.text("available > 0")
    )
    op.add_column("holds", sa.Column("bucket_id", sa.Uuid(), nullable=True))
    op.add_column("ledger_entries", sa.Column("bucket_id", sa.Uuid(), nullable=True))
    op.add_column("ledger_entries", sa.Column("number", sa.Integer(), nullable=True))
    _put_all_in_buckets()
    for table in ("holds", "ledger_entries"):
        op.alter_column(table, "bucket_id", nullable=False)
        op.create_index(f"ix_{table}_bucket_id", table, ["bucket_id"])
    op.alter_column("ledger_entries", "number", nullable=False)
    op.create_foreign_key(
        "fk_holds_bucket_id_credit_buckets", "holds", "credit_buckets", ["bucket_id"], ["id"], ondelete="CASCADE"
    )
    op.create_foreign_key(
        "fk_ledger_entries_bucket_id_credit_buckets", "ledger_entries", "credit_buckets", ["bucket_id"], ["id"]
    )
    op.create_unique_constraint("uq_holds_job_id_bucket_id", "holds", ["job_id", "bucket_id"])
    op.drop_constraint("uq_holds_job_id", "holds", type_="unique")
    op.create_unique_constraint("uq_ledger_entries_account_id_number", "ledger_entries", ["account_id", "number"])
    op.drop_index("ix_ledger_entries_account_id_id", table_name="ledger_entries")
    for column, words in _WORDS.items():
        _allow(column, words)


def downgrade() -> None:
    for column, words in _WORDS.items():
        _allow(column, words[:4])
    op.create_index("ix_ledger_entries_account_id_id", "ledger_entries", ["account_id", "id"])
    op.drop_constraint("uq_ledger_entries_account_id_number", "ledger_entries", type_="unique")
    op.create_unique_constraint("uq_holds_job_id", "holds", ["job_id"])
    op.drop_constraint("uq_holds_job_id_bucket_id", "holds", type_="unique")
    op.drop_column("ledger_entries", "number")
    for table in ("holds", "ledger_entries"):
        op.drop_column(table, "bucket_id")
    op.drop_table("credit_buckets")
    for name in ("entry_count", "low_mark"):
        op.drop_column("credit_accounts", name)


def _put_all_in_buckets() -> None:
    """Put what each account was given so far into one promotional bucket without an end, as none was promised."""
    op.execute(
        """
        INSERT INTO credit_buckets (id, account_id, kind, granted, available, expired, is_extended, created_at)
        SELECT gen_random_uuid(), a.id, 'PROMOTIONAL', f.granted, a.balance - a.held, 0, false, a.created_at
        FROM credit_accounts a JOIN (
            SELECT account_id, sum(amount) AS granted FROM ledger_entries WHERE kind = 'GRANT' GROUP BY account_id
        ) f ON f.account_id = a.id
        """
    )
    op.execute("UPDATE holds h SET bucket_id = b.id FROM credit_buckets b WHERE b.account_id = h.account_id")
    op.execute("ALTER TABLE ledger_entries DISABLE TRIGGER ledger_entries_stay")
    op.execute(
        """
        UPDATE ledger_entries e SET bucket_id = b.id, number = n.number
        FROM credit_buckets b, (
            SELECT id, row_number() OVER (PARTITION BY account_id ORDER BY created_at, id) AS number
            FROM ledger_entries
        ) n
        WHERE b.account_id = e.account_id AND n.id = e.id
        """
    )
    op.execute("ALTER TABLE ledger_entries ENABLE TRIGGER ledger_entries_stay")
    op.execute(
        """
        UPDATE credit_accounts a SET entry_count = f.entries
        FROM (SELECT account_id, count(*) AS entries FROM ledger_entries GROUP BY account_id) f
        WHERE f.account_id = a.id
        """
    )


def _allow(column: str, words: tuple[str, ...]) -> None:
    known = ", ".join(f"'{word}'" for word in words)
    op.drop_constraint(f"{column}_known", "ledger_entries", type_="check")
    op.create_check_constraint(f"{column}_known", "ledger_entries", f"{column} IN ({known})")
