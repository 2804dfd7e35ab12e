"""presets: settings that are kept under a name, and the owners that they are defaults of."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def known(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=f"{name}_known", native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    op.create_table(
        "prompt_presets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("prompt", sa.String(), nullable=False),
        sa.Column("negative_prompt", sa.String(), nullable=False),
        sa.Column("style", sa.String(), nullable=False),
        sa.Column("ratio", sa.String(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("engine", sa.String(), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("guidance", sa.Float(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=True),
        sa.Column("visibility", known("visibility", "PUBLIC", "UNLISTED", "PRIVATE"), nullable=False),
        sa.Column("content_level", known("content_level", "GENERAL", "SENSITIVE", "MATURE"), nullable=False),
        sa.Column("use_count", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("updated_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint("count BETWEEN 1 AND 8", name="count"),
        sa.CheckConstraint("num_nulls(width, height) IN (0, 2)", name="size_whole"),
        sa.CheckConstraint("use_count >= 0", name="uses"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_prompt_presets_user_id_users", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_prompt_presets"),
    )
    op.create_index("ix_prompt_presets_user_id_id", "prompt_presets", ["user_id", "id"])
    op.create_index("ix_prompt_presets_visibility_id", "prompt_presets", ["visibility", "id"])
    op.create_index(
        "ix_prompt_presets_words",
        "prompt_presets",
        ["name", "prompt"],
        postgresql_using="gin",
        postgresql_ops={"name": "gin_trgm_ops", "prompt": "gin_trgm_ops"},
    )
    op.add_column("galleries", sa.Column("default_preset_id", sa.Uuid(), nullable=True))
    op.create_index("ix_galleries_default_preset_id", "galleries", ["default_preset_id"])
    op.add_column("generation_jobs", sa.Column("preset_id", sa.Uuid(), nullable=True))
    op.create_index(
        "ix_generation_jobs_preset_id",
        "generation_jobs",
        ["preset_id"],
        postgresql_where=sa.text("preset_id IS NOT NULL"),
    )
    for table, column in (("galleries", "default_preset_id"), ("generation_jobs", "preset_id")):
        op.create_foreign_key(
            f"fk_{table}_{column}_prompt_presets", table, "prompt_presets", [column], ["id"], ondelete="SET NULL"
        )


def downgrade() -> None:
    for table, column in (("generation_jobs", "preset_id"), ("galleries", "default_preset_id")):
        op.drop_constraint(f"fk_{table}_{column}_prompt_presets", table, type_="foreignkey")
        op.drop_index(f"ix_{table}_{column}", table_name=table)
        op.drop_column(table, column)
    op.drop_table("prompt_presets")
