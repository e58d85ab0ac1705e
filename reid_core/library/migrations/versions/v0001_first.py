"""The first format.

Written out rather than made from the present schema, so that it stays what it was.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TIME = sa.String(32)


def _id() -> sa.Column[int]:
    return sa.Column("id", ID, primary_key=True, autoincrement=False)


def _to(target: str, name: str, *, key: bool = False) -> sa.Column[int]:
    there = sa.ForeignKey(f"{target}.id", ondelete="CASCADE")
    return sa.Column(name, ID, there, nullable=False, primary_key=key)


def upgrade() -> None:
    """Make every table."""
    _people()
    _footage()
    _rest()


def _people() -> None:
    op.create_table(
        "person",
        _id(),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("name_key", sa.Text, nullable=False, unique=True),
        sa.Column("notes", sa.Text, nullable=False),
        sa.Column("created", TIME, nullable=False),
    )
    op.create_table(
        "template",
        _id(),
        _to("person", "person_id"),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("media", sa.String(32), nullable=False),
        sa.Column("quality", sa.Float, nullable=False),
        sa.Column("parts", sa.Text, nullable=False),
        sa.Column("keypoints", sa.LargeBinary, nullable=False),
        sa.Column("where_from", sa.Text, nullable=False),
        sa.Column("worn_at", TIME),
        sa.Column("created", TIME, nullable=False),
    )
    op.create_index("ix_template_person_id", "template", ["person_id"])


def _footage() -> None:
    op.create_table(
        "video",
        _id(),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("content_hash", sa.String(32), nullable=False, unique=True),
        sa.Column("duration_s", sa.Float),
        sa.Column("width", sa.Integer),
        sa.Column("height", sa.Integer),
        sa.Column("fps", sa.Float),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("indexed_until_s", sa.Float, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("settings", sa.Text, nullable=False),
        sa.Column("created", TIME, nullable=False),
    )
    op.create_table(
        "tracklet",
        _id(),
        _to("video", "video_id"),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("start_s", sa.Float, nullable=False),
        sa.Column("end_s", sa.Float, nullable=False),
        sa.Column("path", sa.LargeBinary, nullable=False),
        sa.Column("chain", ID, nullable=False),
        sa.Column("link", ID),
    )
    op.create_index("tracklet_place", "tracklet", ["video_id", "kind", "start_s"])
    op.create_index("tracklet_chain", "tracklet", ["chain"])
    op.create_table(
        "view",
        _id(),
        _to("tracklet", "tracklet_id"),
        sa.Column("rank", sa.Integer, nullable=False),
        sa.Column("time_s", sa.Float, nullable=False),
        sa.Column("box", sa.LargeBinary, nullable=False),
        sa.Column("quality", sa.Float, nullable=False),
        sa.Column("keypoints", sa.LargeBinary, nullable=False),
        sa.Column("media", sa.String(32), nullable=False),
    )
    op.create_index("ix_view_tracklet_id", "view", ["tracklet_id"])
    op.create_index("ix_view_media", "view", ["media"])
    op.create_table(
        "vector",
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("owner", sa.String(8), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("owner", "kind", "model", "owner_id"),
    )
    op.create_index("vector_owner", "vector", ["owner_id"])


def _rest() -> None:
    op.create_table(
        "verdict",
        _to("person", "person_id", key=True),
        _to("tracklet", "tracklet_id", key=True),
        sa.Column("same", sa.Boolean, nullable=False),
        sa.Column("created", TIME, nullable=False),
    )
    op.create_table(
        "model",
        sa.Column("role", sa.String(20), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
    )
    op.create_table(
        "calibration",
        sa.Column("model", sa.Text, primary_key=True),
        sa.Column("kind", sa.String(8), primary_key=True),
        sa.Column("data", sa.Text, nullable=False),
        sa.Column("created", TIME, nullable=False),
    )
    op.create_table(
        "event",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("time", TIME, nullable=False),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
    )
    op.create_table(
        "generation",
        sa.Column("what", sa.String(16), primary_key=True),
        sa.Column("number", sa.Integer, nullable=False),
    )


def downgrade() -> None:
    """There is no way back from the first format."""
    raise RuntimeError("the first format cannot be undone")
