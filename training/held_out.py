"""The pictures that a configuration holds out, as a folder of links, to measure any model on them.

python training/held_out.py training/configs/body_cameo.toml FOLDER data.train=market1501
cameo evaluate reid --images FOLDER --model MODEL
"""

from __future__ import annotations

import argparse
from pathlib import Path

from reid_core.learn import config
from reid_core.learn.data import Crop, read, split_identities


def main() -> None:
    """Link what is held out into the folder, by its own names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("config", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("changes", nargs="*", help="table.key=value")
    given = parser.parse_args()
    data = config.load(given.config, given.changes).data
    pictures = read(str(data.train), data.form)
    whole = data.held_out >= 1
    _, held = split_identities(
        pictures,
        count=int(data.held_out) if whole else None,
        share=None if whole else data.held_out,
        seed=data.split_seed,
    )
    given.folder.mkdir(parents=True, exist_ok=True)
    for path in held.paths:
        source = path.path if isinstance(path, Crop) else path
        (given.folder / source.name).symlink_to(source.resolve())
    print(f"{len(held)} pictures of {held.classes} identities in {given.folder}")


if __name__ == "__main__":
    main()
