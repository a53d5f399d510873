"""The real import of whatever lies in a folder's ``photos``, as a worker attempts it."""

import contextlib
from pathlib import Path

from cases import ACCEPTED, Case, Refused
from picture_bytes import encoded, picture

RESOLUTION = 16
FILES = ("images.zip", "index.parquet", "regions.npz", "rejected.parquet", "summary.json", "preview.png")
GOOD = "0-good.png"


def file_case(kind: str, name: str, content: object, suffix: str = "png", expect: str = "refused", **settings) -> Case:
    """A file of these bytes (or of what a function makes) in company of one good picture."""

    def make(folder: Path) -> None:
        surround(folder)
        (folder / "photos" / f"{name}.{suffix}").write_bytes(content() if callable(content) else content)

    return Case(kind, f"{name}.{suffix}", make, expect, settings)


def surround(folder: Path, *, is_company: bool = True) -> Path:
    """``photos`` with a good picture, and beside it what must not change."""
    (folder / "beside").mkdir()
    (folder / "beside" / "private.png").write_bytes(encoded(picture(99), "PNG"))
    (folder / "photos").mkdir()
    if is_company:
        (folder / "photos" / GOOD).write_bytes(encoded(picture(0), "PNG"))
    return folder / "photos"


def read(case: Case, folder: Path) -> str:
    """Import ``photos``; a line of what was accepted beside the good picture."""
    from stylealign.config.domains import FolderDomain, ZipDomain
    from stylealign.data.build import build_image_set
    from stylealign.errors import ImageSetError

    settings = {"source": "folder", "path": folder / "photos", "min_images": 1, "test_fraction": 0.5, **case.settings}
    domain = (ZipDomain if settings["source"] == "zip" else FolderDomain)(**settings)
    files = {name.split(".")[0]: folder / "out" / name for name in FILES}
    try:
        with contextlib.chdir(folder):
            build_image_set(domain, name="pets", resolution=RESOLUTION, seed=0, num_threads=2, **files)
    except ImageSetError as error:
        left = sorted(path.name for path in (folder / "out").iterdir())
        assert not left, f"left behind: {left}"
        raise Refused(str(error)) from error
    return _told(folder)


def _told(folder: Path) -> str:
    """What the two tables say; :class:`Refused` if nothing but the good picture got in."""
    import pandas as pd

    assert sorted(path.name for path in (folder / "out").iterdir()) == sorted(FILES)
    index, rejected = (pd.read_parquet(folder / "out" / f"{name}.parquet") for name in ("index", "rejected"))
    accepted = [origin for origin in index["origin"] if origin != GOOD]
    rows = [f"{row.origin[:300]}: {row.reason}: {row.detail}" for row in rejected.itertuples()]
    assert all(one.isprintable() for one in [*accepted, *rows]), rows
    if len(accepted) >= len(rows):
        return f"{ACCEPTED} {', '.join(accepted)[:200] or 'nothing'}"
    raise Refused(rows[0] if len(rows) == 1 else f"{len(rows)} rejected; {rows[0]}")


def warm_up() -> None:
    """Import what every case needs, so that none is charged for it."""
    import pandas  # noqa: F401
    import pyarrow.parquet  # noqa: F401

    import stylealign.data.build  # noqa: F401
