"""Retraining: adapters of a library's own, the runs that made them, and who was in them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TIME = sa.String(32)


def upgrade() -> None:
    """Add the tables; nothing that was there changes."""
    op.add_column("model", sa.Column("adapter", sa.Text))
    op.create_table(
        "adapter",
        sa.Column("model", sa.Text, primary_key=True),
        sa.Column("base", sa.Text, nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("weight", sa.LargeBinary, nullable=False),
        sa.Column("mean", sa.LargeBinary, nullable=False),
        sa.Column("created", TIME, nullable=False),
    )
    op.create_table(
        "retraining",
        sa.Column("id", ID, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("strength", sa.String(12), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("base", sa.Text, nullable=False),
        sa.Column("model", sa.Text),
        sa.Column("before", sa.Text, nullable=False),
        sa.Column("settings", sa.Text, nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("forgotten", sa.Integer, nullable=False),
        sa.Column("created", TIME, nullable=False),
        sa.Column("decided", TIME),
    )
    run = sa.ForeignKey("retraining.id", ondelete="CASCADE")
    person = sa.ForeignKey("person.id", ondelete="CASCADE")
    op.create_table(
        "retraining_part",
        sa.Column("run_id", ID, run, primary_key=True),
        sa.Column("owner_id", ID, primary_key=True, autoincrement=False),
        sa.Column("owner", sa.String(8), nullable=False),
        sa.Column("person_id", ID, person, nullable=False),
        sa.Column("part", sa.String(8), nullable=False),
    )
    op.create_index("ix_retraining_part_owner_id", "retraining_part", ["owner_id"])
    op.create_index("ix_retraining_part_person_id", "retraining_part", ["person_id"])


def downgrade() -> None:
    """Adapters and runs go; the networks and their vectors stay."""
    for table in ("retraining_part", "retraining", "adapter"):
        op.drop_table(table)
    op.drop_column("model", "adapter")
