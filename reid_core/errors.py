"""Everything that can go wrong in the world outside, drawn once.

    CameoError                    str(error) is a sentence for the user
    ├─ ModelError                 ModelMissing · ModelCorrupt · ModelMismatch · ModelUnavailable
    ├─ SourceError                SourceUnavailable · SourceBroken · ImageUnreadable · ImageTooLarge
    ├─ EnrolError                 NoFace · SeveralFaces · PoorQuality
    ├─ LibraryError               LibraryLocked · LibraryCorrupt · LibraryTooNew · LibraryReadOnly ·
    │                             LibraryGone · DiskFull · BadName · PersonNotFound · NameTaken ·
    │                             ChangedSince · VideoNotFound · TrackletNotFound
    ├─ TrainingError              DataError · Diverged · RunNotFound · NotBetter
    └─ EvaluationError            TooFewPairs · BadList

A `CameoError` is the world's fault: the message says what happened, which value was at
fault and what to do. Anything else that escapes is a bug of ours.
"""


class CameoError(Exception):
    """Something outside Cameo is not as it should be; `str(error)` tells the user."""


class ModelError(CameoError):
    """A model file cannot be used."""


class ModelMissing(ModelError):
    """No such model is installed or known."""


class ModelCorrupt(ModelError):
    """A model file does not match its checksum, or cannot be parsed."""


class ModelMismatch(ModelError):
    """Vectors of two models were about to meet, or a file does not fit its role."""


class ModelUnavailable(ModelError):
    """None of a model's sources answered."""


class NoThreshold(ModelError):
    """Nothing is known of where "probably the same" begins, and it is needed."""


class SourceError(CameoError):
    """A picture or video cannot be read."""


class SourceUnavailable(SourceError):
    """The file, camera or stream cannot be opened."""


class SourceBroken(SourceError):
    """Reading failed midway; the message says how far it got."""


class ImageUnreadable(SourceError):
    """The file is not a picture that can be decoded."""


class ImageTooLarge(SourceError):
    """The picture has more pixels than the limit; it was refused before decoding."""


class EnrolError(CameoError):
    """A picture cannot become a template."""


class NoFace(EnrolError):
    """Nobody of the wanted kind was found in the picture."""


class SeveralFaces(EnrolError):
    """More than one candidate was found, so it is not clear who is meant."""


class PoorQuality(EnrolError):
    """The best candidate is below the quality limit; the message has both numbers."""


class LibraryError(CameoError):
    """The library on disk cannot do what was asked."""


class LibraryLocked(LibraryError):
    """Another process writes to the library; the message says which."""


class LibraryCorrupt(LibraryError):
    """The database is damaged or is not a Cameo library."""


class LibraryTooNew(LibraryError):
    """The library was written by a newer version of Cameo."""


class LibraryReadOnly(LibraryError):
    """The library's folder cannot be written."""


class LibraryGone(LibraryError):
    """The library's folder was there when it was opened, and is no longer."""


class DiskFull(LibraryError):
    """No space is left where the library lives; nothing of the last step was kept."""


class BadName(LibraryError):
    """A name that nobody can have: empty, or too long."""


class PersonNotFound(LibraryError):
    """No person of that name or id."""


class NameTaken(LibraryError):
    """A person of that name exists already."""


class ChangedSince(LibraryError):
    """What was to be changed, or a step to be undone, was changed or removed elsewhere since."""


class VideoNotFound(LibraryError):
    """No indexed video of that name, path or id."""


class TrackletNotFound(LibraryError):
    """No tracklet of that id."""


class TrainingError(CameoError):
    """A training run cannot start or go on."""


class DataError(TrainingError):
    """Training data is unusable; the message says what and where."""


class Diverged(TrainingError):
    """The loss is no longer finite and rewinding did not help."""


class RunNotFound(TrainingError):
    """No retraining of that id."""


class NotBetter(TrainingError):
    """A retrained model is not better for sure; the message has the figures."""


class EvaluationError(CameoError):
    """A measurement cannot be made from this data."""


class TooFewPairs(EvaluationError):
    """There are fewer pairs than the measurement needs; the message has both numbers."""


class BadList(EvaluationError):
    """A list of pairs or a ground-truth file is not in the expected form."""
