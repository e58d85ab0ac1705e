"""The tables. Their history is in `migrations/versions`; a test compares the two."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()
Id = BigInteger().with_variant(Integer, "sqlite")  # in SQLite only INTEGER is the row's own key

person = Table(
    "person",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False, unique=True),  # NFKC, case folded
    Column("notes", Text, nullable=False, default=""),
    Column("created", String(32), nullable=False),
)

template = Table(
    "template",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("person_id", ForeignKey("person.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("kind", String(8), nullable=False),
    Column("media", String(32), nullable=False),
    Column("quality", Float, nullable=False),
    Column("parts", Text, nullable=False, default="{}"),  # the quality's parts, JSON
    Column("keypoints", LargeBinary, nullable=False, default=b""),  # float32, crop pixels
    Column("where_from", Text, nullable=False, default=""),
    Column("worn_at", String(32)),  # bodies: when these clothes were worn
    Column("created", String(32), nullable=False),
)

video = Table(
    "video",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("path", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("content_hash", String(32), nullable=False, unique=True),
    Column("duration_s", Float),
    Column("width", Integer),
    Column("height", Integer),
    Column("fps", Float),
    Column("state", String(12), nullable=False, default="new"),  # new | indexing | done | broken
    Column("indexed_until_s", Float, nullable=False, default=0.0),
    Column("message", Text, nullable=False, default=""),
    Column("settings", Text, nullable=False, default="{}"),
    Column("created", String(32), nullable=False),
)

tracklet = Table(
    "tracklet",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("video_id", ForeignKey("video.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("start_s", Float, nullable=False),
    Column("end_s", Float, nullable=False),
    Column("path", LargeBinary, nullable=False),  # float64 times (T,), then float32 boxes (T, 4)
    Column("chain", Id, nullable=False),
    Column("link", Id),
    Index("tracklet_place", "video_id", "kind", "start_s"),
    Index("tracklet_chain", "chain"),
)

view = Table(
    "view",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column(
        "tracklet_id", ForeignKey("tracklet.id", ondelete="CASCADE"), nullable=False, index=True
    ),
    Column("rank", Integer, nullable=False),
    Column("time_s", Float, nullable=False),
    Column("box", LargeBinary, nullable=False),  # float32 (4,)
    Column("quality", Float, nullable=False),
    Column("keypoints", LargeBinary, nullable=False),
    Column("media", String(32), nullable=False, index=True),
)

vector = Table(
    "vector",
    metadata,
    Column("owner_id", Id, nullable=False),
    Column("owner", String(8), nullable=False),  # template | view | tracklet
    Column("kind", String(8), nullable=False),
    Column("model", Text, nullable=False),
    Column("data", LargeBinary, nullable=False),  # float32 (D,)
    UniqueConstraint("owner", "kind", "model", "owner_id"),
    Index("vector_owner", "owner_id"),
)

verdict = Table(
    "verdict",
    metadata,
    Column("person_id", ForeignKey("person.id", ondelete="CASCADE"), primary_key=True),
    Column("tracklet_id", ForeignKey("tracklet.id", ondelete="CASCADE"), primary_key=True),
    Column("same", Boolean, nullable=False),
    Column("created", String(32), nullable=False),
)

kept = Table(
    "kept",
    metadata,
    Column("person_id", ForeignKey("person.id", ondelete="CASCADE"), primary_key=True),
    Column("what", String(24), primary_key=True),
    Column("subject", Id, primary_key=True, autoincrement=False),  # template, other person, or 0
    Column("created", String(32), nullable=False),
)

model = Table(
    "model",
    metadata,
    Column("role", String(20), primary_key=True),
    Column("name", Text, nullable=False),  # the network in use
    Column("adapter", Text),  # the adapted model in use, which stands on that network
)

adapter = Table(
    "adapter",
    metadata,
    Column("model", Text, primary_key=True),  # the network's id + this one's
    Column("base", Text, nullable=False),
    Column("kind", String(8), nullable=False),
    Column("weight", LargeBinary, nullable=False),  # float32 (D, D)
    Column("mean", LargeBinary, nullable=False),  # float32 (D,)
    Column("created", String(32), nullable=False),
)

network = Table(
    "network",
    metadata,
    Column("model", Text, primary_key=True),
    Column("base", Text, nullable=False),
    Column("kind", String(8), nullable=False),
    Column("manifest", Text, nullable=False),  # as JSON; see models/manifest.py
    Column("data", LargeBinary, nullable=False),  # ONNX
    Column("created", String(32), nullable=False),
)

retraining = Table(
    "retraining",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("kind", String(8), nullable=False),
    Column("strength", String(12), nullable=False),
    Column("state", String(12), nullable=False),  # see library/retrainings.py
    Column("base", Text, nullable=False),  # the network's model id
    Column("model", Text),  # what came of it
    Column("before", Text, nullable=False),  # what was in use when it was accepted, JSON
    Column("settings", Text, nullable=False),
    Column("data", Text, nullable=False),  # counts
    Column("verdict", Text, nullable=False),
    Column("forgotten", Integer, nullable=False),  # people of its training data forgotten since
    Column("created", String(32), nullable=False),
    Column("decided", String(32)),
)

retraining_part = Table(
    "retraining_part",
    metadata,
    Column("run_id", ForeignKey("retraining.id", ondelete="CASCADE"), primary_key=True),
    Column("owner_id", Id, primary_key=True, autoincrement=False, index=True),
    Column("owner", String(8), nullable=False),  # template | view
    Column("person_id", ForeignKey("person.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("part", String(8), nullable=False),  # train | known | open
)

retraining_footage = Table(
    "retraining_footage",
    metadata,
    Column("run_id", ForeignKey("retraining.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "tracklet_id", ForeignKey("tracklet.id", ondelete="CASCADE"), primary_key=True, index=True
    ),
)

calibration = Table(
    "calibration",
    metadata,
    Column("model", Text, primary_key=True),
    Column("kind", String(8), primary_key=True),
    Column("data", Text, nullable=False),
    Column("created", String(32), nullable=False),
)

event = Table(
    "event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("time", String(32), nullable=False),
    Column("action", String(40), nullable=False),
    Column("payload", Text, nullable=False, default="{}"),  # ids and numbers, never names
)

generation = Table(
    "generation",
    metadata,
    Column("what", String(16), primary_key=True),  # footage | people
    Column("number", Integer, nullable=False),
)
