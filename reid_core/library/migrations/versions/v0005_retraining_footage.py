"""Which tracklets that nobody labelled a retraining learnt from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "retraining_footage",
        sa.Column(
            "run_id",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            sa.ForeignKey("retraining.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column(
            "tracklet_id",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            sa.ForeignKey("tracklet.id", ondelete="CASCADE"),
            primary_key=True,
        ),
    )
    op.create_index("ix_retraining_footage_tracklet_id", "retraining_footage", ["tracklet_id"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("retraining_footage")
