"""Cameo's grouping of vectors that are there."""

from __future__ import annotations

import numpy as np
from answering import serve

from reid_core.search.clusters import group

serve(group=lambda path, at_least: group(np.load(path), at_least=at_least).tolist())
