"""What reid_core says of retraining, for `from_core`."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QT_TRANSLATE_NOOP

RETRAINING: tuple[Any, ...] = (
    QT_TRANSLATE_NOOP(
        "Core",
        "The {} pictures of {} people show each of them in one look only: several pictures of the "
        "same moment teach nothing. Add other pictures.",
    ),
    QT_TRANSLATE_NOOP(
        "Core",
        "{} of {} people have two different {} pictures; retraining needs {}. Enrol more people, "
        "add pictures, or confirm sightings.",
    ),
    QT_TRANSLATE_NOOP(
        "Core",
        "Of {} people something can be held out to judge by, {} are needed: add a third picture of "
        "those who have two, or enrol more people.",
    ),
    QT_TRANSLATE_NOOP(
        "Core",
        "The names do not fit the pictures: two pictures of one person look hardly more alike than "
        "those of two people (AUC {}, chance is 0.50). See that each picture is under the right "
        "name.",
    ),
    QT_TRANSLATE_NOOP(
        "Core",
        "{} pictures have no vectors of the network in use and were left out. Run: cameo models "
        "use",
    ),
    QT_TRANSLATE_NOOP(
        "Core", "With fewer than 50 people of two looks an improvement is hard to prove."
    ),
    QT_TRANSLATE_NOOP(
        "Core", "Most people have one look only; a second picture of each would help most."
    ),
    QT_TRANSLATE_NOOP("Core", "It needs torch: pip install 'cameo-reid[train]'"),
    QT_TRANSLATE_NOOP(
        "Core",
        "A map on the stored vectors is learnt; takes seconds, and no picture is embedded again.",
    ),
    QT_TRANSLATE_NOOP(
        "Core",
        "The last layers of the network learn from the stored pictures; takes minutes, and on "
        "accepting every stored picture is embedded again in the background.",
    ),
    QT_TRANSLATE_NOOP(
        "Core",
        "The whole network learns from the stored pictures, by cameo train and a recipe for them; "
        "takes hours on a GPU, days without one. On accepting every stored picture is embedded "
        "again in the background.",
    ),
    QT_TRANSLATE_NOOP("Core", "{} cannot be rebuilt, so only an adapter can be learnt. {}"),
    QT_TRANSLATE_NOOP("Core", "{} has no stages that could be told apart."),
    QT_TRANSLATE_NOOP("Core", "{} has operations that are not known: {}."),
    QT_TRANSLATE_NOOP("Core", "{} has no weights that could learn."),
    QT_TRANSLATE_NOOP("Core", "{} is no plain row of operations on pictures."),
    QT_TRANSLATE_NOOP(
        "Core",
        "No improvement: on people it had not seen, nothing that was learnt did better for sure.",
    ),
    QT_TRANSLATE_NOOP(
        "Core",
        "There is too little to judge by: {} people could be held out with two looks, {} are "
        "needed. Enrol more people, or more pictures of each.",
    ),
    QT_TRANSLATE_NOOP(
        "Core",
        "The latest looks of known people are held out, as far as their times are known.",
    ),
    QT_TRANSLATE_NOOP("Core", "Only an adapter learns from footage that nobody labelled."),
    QT_TRANSLATE_NOOP("Core", "{} pictures of {} people"),
    QT_TRANSLATE_NOOP("Core", "{} pairs; strangers accepted {} → {}"),
    QT_TRANSLATE_NOOP("Core", "{} looks of {} known, {} of {} strangers"),
    QT_TRANSLATE_NOOP(
        "Core", "This training began with {}, but {} is in use. Run: cameo models use {}"
    ),
    QT_TRANSLATE_NOOP("Core", "The retraining {} is no training that waits for a verdict."),
    QT_TRANSLATE_NOOP("Core", "There is no retraining {}. See: cameo retrain list"),
    QT_TRANSLATE_NOOP(
        "Core", "The retraining {} stands on this one's network; drop that one first."
    ),
    QT_TRANSLATE_NOOP(
        "Core",
        "{} people have two different looks among what may be trained on; three are needed.",
    ),
)
