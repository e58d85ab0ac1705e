"""What the user looked at in the gallery and wants to keep as it is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the table."""
    person = sa.ForeignKey("person.id", ondelete="CASCADE")
    op.create_table(
        "kept",
        sa.Column("person_id", ID, person, nullable=False, primary_key=True),
        sa.Column("what", sa.String(24), nullable=False, primary_key=True),
        sa.Column("subject", ID, nullable=False, primary_key=True, autoincrement=False),
        sa.Column("created", sa.String(32), nullable=False),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("kept")
