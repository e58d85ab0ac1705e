"""Cameo's evaluation over all pairs of given vectors: the rates, and how sure they are."""

from __future__ import annotations

import numpy as np
from answering import given, serve

from reid_core.actions.evaluate_pairs import judge
from reid_core.evaluate import allpairs, curves, identity_bootstrap

told = given()
FARS = ("1e-3", "1e-4")
made = np.load(told["vectors"])
order, ids = allpairs.in_order(np.load(told["ids"]))
rows = allpairs.Rows(made[order], ids, np.ones(len(ids), bool))


def rates() -> dict[str, float]:
    counted = allpairs.count(rows)
    at = curves.points(rows, counted, FARS)
    tar = float(np.mean(counted.genuine.scores >= at.thresholds["1e-3"]))
    return {"auc": curves.area(counted), "tar": tar}


def intervals() -> dict[str, float]:
    drawn = list(identity_bootstrap.draws(int(ids[-1]) + 1))
    side = judge(rows, "made", drawn, fars=FARS).side
    return {"auc": side.auc, "tar": side.tar["1e-3"].value}


serve(rates=rates, intervals=intervals)
