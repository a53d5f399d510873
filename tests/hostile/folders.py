"""Hostile folders: links, pipes, devices and names. What leads out of a folder is not read, and nothing is written."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from cases import ACCEPTED, EITHER, Case
from importing import GOOD, read, surround, warm_up
from picture_bytes import encoded, picture, sample

__all__ = ["cases", "read", "warm_up"]

NAMES = {
    "newline": b"line\nbreak.png",
    "carriage return": b"a\rb.png",
    "tab and bell": b"a\tb\a.png",
    "escape sequence": b"\x1b[2J\x1b]0;owned\x07.png",
    "not UTF-8": b"caf\xe9.png",
    "overlong UTF-8": b"\xc0\xaf.png",
    "surrogate": b"\xed\xa0\x80.png",
    "right to left": "\u202egnp.exe.png".encode(),
    "zero width": "a\u200bb.png".encode(),
    "255 bytes": b"n" * 251 + b".png",
    "quotes": b"\"'`;$(touch canary)`.png",
    "percent and braces": b"%s%n{0}{__class__}.png",
    "glob": b"*?[a-z]**.png",
    "leading dash": b"--output=canary.png",
    "backslashes": b"..\\..\\canary.png",
    "only a suffix": b".png",
    "spaces": b"  .png",
    "wildcard of a workflow": b"{domain}.png",
    "reserved elsewhere": b"CON.png",
}


def cases() -> list[Case]:
    return [*_names(), *_links(), *_special_files(), *_whole_folders()]


def _case(
    kind: str, name: str, fill: Callable[[Path], object], expect: str = "refused", *, is_company=True, **settings
):
    def make(folder: Path) -> None:
        fill(surround(folder, is_company=is_company))

    return Case(kind, name, make, expect, settings)


def _named(name: bytes) -> Callable[[Path], object]:
    return lambda photos: Path(os.fsdecode(os.fsencode(photos) + b"/" + name)).write_bytes(sample("png"))


def _names() -> Iterator[Case]:
    for name, spelt in NAMES.items():
        yield _case("names", name, _named(spelt), EITHER if name == "only a suffix" else ACCEPTED)
        bad = lambda photos, spelt=spelt: Path(os.fsdecode(os.fsencode(photos) + b"/" + spelt)).write_bytes(b"text")  # noqa: E731
        yield _case("names", f"{name}, not a picture", bad)

    def twins(photos: Path) -> None:
        for number, name in enumerate(("cat.png", "CAT.png", "Cat.PNG")):
            (photos / name).write_bytes(encoded(picture(number + 10), "PNG"))

    def twin_texts(photos: Path) -> None:
        (photos / "a\nb.png").write_bytes(encoded(picture(10), "PNG"))
        (photos / "a\\nb.png").write_bytes(encoded(picture(11), "PNG"))

    yield _case("names", "differ by case alone", twins, ACCEPTED)
    yield _case("names", "differ by what is shown of them alone", twin_texts, ACCEPTED)


def _links() -> Iterator[Case]:
    def link(target: str, name: str = "x.png") -> Callable[[Path], object]:
        return lambda photos: (photos / name).symlink_to(target)

    for name, target in {
        "to a picture outside": "../beside/private.png",
        "to a system file": "/etc/passwd",
        "to nothing": "nowhere.png",
        "to itself": "x.png",
        "to a device": "/dev/zero",
        "to a process's memory": "/proc/self/mem",
        "to the folder": ".",
        "to the folder above": "..",
        "to the root": "/",
        "to the output": "../out/images.zip",
        "through dots": "../photos/../beside/private.png",
        "to a very long name": "n" * 4000,
        "with a newline": "no\nwhere\x1b[2J.png",
    }.items():
        yield _case("links", name, link(target))
    yield _case("links", "to a linked folder outside", link("../beside", "folder"))
    yield _case("links", "to a picture inside", link(GOOD))  # the same pixels: a duplicate

    def chain(photos: Path) -> None:
        for number in range(50):
            (photos / f"{number}.png").symlink_to(f"{number + 1}.png")
        (photos / "50.png").symlink_to("../beside/private.png")

    def round_trip(photos: Path) -> None:
        (photos / "a").symlink_to("b")
        (photos / "b").symlink_to("a")
        (photos / "sub").mkdir()
        (photos / "sub" / "up").symlink_to("..")

    yield _case("links", "a chain of fifty", chain)
    yield _case("links", "loops", round_trip)
    yield _case(
        "links",
        "hard, to a picture outside",
        lambda photos: os.link(photos / "../beside/private.png", photos / "x.png"),
        ACCEPTED,
    )


def _special_files() -> Iterator[Case]:
    def device(photos: Path) -> None:
        try:
            os.mknod(photos / "x.png", 0o020666, os.makedev(1, 5))  # /dev/zero
        except PermissionError:  # not the superuser: a pipe, then
            os.mkfifo(photos / "x.png")

    def socket(photos: Path) -> None:
        import socket

        here = os.getcwd()
        os.chdir(photos)  # the path of a socket is short
        socket.socket(socket.AF_UNIX).bind("x.png")
        os.chdir(here)

    def sparse(photos: Path) -> None:
        with open(photos / "x.png", "wb") as file:
            file.truncate(2**40)

    def sparse_bmp(photos: Path) -> None:
        with open(photos / "x.bmp", "wb") as file:
            file.write(sample("bmp"))
            file.truncate(500 * 2**20)

    def sparse_jpeg(photos: Path) -> None:
        with open(photos / "x.jpg", "wb") as file:
            file.write(sample("jpg")[:300])
            file.truncate(500 * 2**20)

    yield _case("special files", "pipe", lambda photos: os.mkfifo(photos / "x.png"))
    yield _case("special files", "device", device)
    yield _case("special files", "socket", socket)
    yield _case("special files", "sparse, of 1 TB", sparse)
    yield _case("special files", "bmp with 500 MB behind it", sparse_bmp, ACCEPTED)
    yield _case("special files", "jpeg with 500 MB within it", sparse_jpeg, EITHER)
    yield _case("special files", "folder named as a picture", lambda photos: (photos / "x.png").mkdir(), EITHER)
    yield _case(
        "special files", "not readable", lambda photos: (_named(b"x.png")(photos), (photos / "x.png").chmod(0)), EITHER
    )


def _whole_folders() -> Iterator[Case]:
    def deep(photos: Path) -> None:
        here = os.getcwd()
        os.chdir(photos)
        for _ in range(120):  # deeper than a path may be long
            os.mkdir("d" * 100)
            os.chdir("d" * 100)
        Path("x.png").write_bytes(b"text")
        os.chdir(here)

    def many(photos: Path) -> None:
        for number in range(2000):
            (photos / f"{number}.png").write_bytes(b"text")

    yield _case("whole folders", "deeper than a path may be", deep, EITHER)
    yield _case("whole folders", "2000 texts", many)
    yield _case("whole folders", "empty", lambda photos: None, is_company=False)
    yield _case(
        "whole folders", "one text alone", lambda photos: (photos / "x.png").write_bytes(b"text"), is_company=False
    )
    yield _case("whole folders", "not there", lambda photos: None, path="nowhere\n\x1b[2J")
    yield _case("whole folders", "a name too long", lambda photos: None, path="n" * 300)
    yield _case("whole folders", "a name with a zero byte", lambda photos: None, path="a\0b")
    yield _case("whole folders", "a file", lambda photos: None, path=f"photos/{GOOD}")
    yield _case("whole folders", "a device", lambda photos: None, path="/dev/zero")
    masks = {"labels": {"all": (0,)}}
    yield _case("whole folders", "masks not there", lambda photos: None, regions="nowhere", **masks)
    yield _case("whole folders", "masks that are texts", _masks(b"text"), is_company=True, regions="masks", **masks)
    yield _case("whole folders", "masks that are bombs", _masks(sample("png")), regions="masks", **masks)


def _masks(content: bytes) -> Callable[[Path], object]:
    def fill(photos: Path) -> None:
        masks = photos.parent / "masks"
        masks.mkdir()
        (masks / GOOD).write_bytes(content)

    return fill
