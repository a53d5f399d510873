"""The stack machine that a pickle is a program of, in steps that only ever make plain data.

Python's unpickler looks names up and calls them. This one looks a name up in a list of constructors alone, and knows
no opcode that does more than move plain data: those are refused by their name. Lengths are checked against what the
file still holds, steps are counted, and nothing is copied more than once, so that memory stays a multiple of the file.
"""

import pickletools
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from stylealign.formats.refusal import Refusal, shown

MAX_STEPS = 200_000  # a published snapshot of 1024 px takes about 33,000
MAX_NAME = 1000  # bytes of a module or member that is asked for
MAX_KEY = 2**32  # of whole numbers as keys: larger ones can be made to collide

Constructor = Callable[..., object]


class Built:
    """An object whose state a pickle may set; ``build`` is handed plain data."""

    def build(self, state: object) -> None:
        raise NotImplementedError


@dataclass(frozen=True)
class Named:
    """A name that a file asked for and that ``allowed`` answered."""

    name: str
    make: Constructor


def checked_key(key: object) -> Hashable:
    """``key`` where hashing it is cheap and fair: a text, bytes, a small whole number, a truth value or None."""
    if key is None or isinstance(key, str | bytes) or (isinstance(key, int) and abs(key) < MAX_KEY):
        return key
    raise Refusal(
        f"has the type {type(key).__name__} as key of a dictionary or member of a set, which no such file does"
    )


class WholeReads:
    """A file whose ``read`` never allots more than the file still holds, and whose lines are names."""

    def __init__(self, file: BinaryIO, num_bytes: int):
        self._file, self._left, self.tell = file, num_bytes, file.tell

    def read(self, count: int) -> bytes:
        self._left -= count
        if self._left < 0:
            raise Refusal("is cut short: it promises more bytes than it has; fetch it again")
        return self._file.read(count)

    def readline(self) -> bytes:
        line = self._file.readline(MAX_NAME)
        self._left -= len(line)
        if b"\\" in line:
            raise Refusal("asks for a name with a backslash, which no such file does; fetch it again")
        return line


class Machine:
    """The stack machine that a pickle is a program of, in inert steps; one machine reads one stream."""

    def __init__(
        self,
        allowed: Mapping[str, Constructor],
        *,
        num_bytes: int,
        persistent: Constructor | None = None,
        max_steps: int = MAX_STEPS,
    ):
        self.allowed, self.persistent = allowed, persistent
        self.bytes_left, self.steps_left = num_bytes, max_steps
        self.stack: list[Any] = []
        self.marks: list[list[Any]] = []
        self.memo: dict[int, Any] = {}

    def run(self, stream: WholeReads) -> Any:
        """The value of the next pickle in ``stream``."""
        self.stack, self.marks, self.memo = [], [], {}
        for opcode, argument, _ in pickletools.genops(stream):
            step = _STEPS.get(opcode.name)
            if step is None:
                raise Refusal(f"uses the pickle opcode {opcode.name}, which no such file does; fetch it again")
            self.spend(1)
            step(self, argument)
        return self.stack.pop()

    def spend(self, steps: int) -> None:
        self.steps_left -= steps
        if self.steps_left < 0:
            raise Refusal("takes more steps to read than any checkpoint; it is not one, fetch it again")

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def to_mark(self) -> list[Any]:
        """The values since the last mark, which is removed."""
        values, self.stack = self.stack, self.marks.pop()
        return values

    def name(self, module: object, name: object) -> None:
        whole = f"{module}.{name}" if isinstance(module, str) and isinstance(name, str) else shown(module)
        if whole not in self.allowed:
            raise Refusal(
                f"asks for {shown(whole)}, which is not read here: it is no part of such a checkpoint and could run "
                "code; take the file from its publisher again, or convert it to safetensors with its own project"
            )
        self.push(Named(whole, self.allowed[whole]))

    def call(self, arguments: object) -> None:
        """Replace the name on top of the stack by what its constructor makes of ``arguments``."""
        named = self.stack.pop()
        if not isinstance(named, Named) or not isinstance(arguments, tuple):
            raise Refusal("calls something that is not a name; it is damaged or made to harm, fetch it again")
        made = named.make(*arguments)
        if isinstance(made, bytes):
            self.bytes_left -= len(made)
        elif isinstance(made, set):
            self.spend(len(made))
        if self.bytes_left < 0:
            raise Refusal("unfolds to more bytes than it has; it is made to harm, fetch it again")
        self.push(made)

    def build(self) -> None:
        state = self.stack.pop()
        target = self.stack[-1]
        if isinstance(target, Built):
            target.build(state)
        elif not isinstance(target, dict):  # attributes of an OrderedDict are left out
            raise Refusal(
                f"sets the state of the type {type(target).__name__}; it is damaged or made to harm, fetch it again"
            )

    def refer(self) -> None:
        key = self.stack.pop()
        if self.persistent is None:
            raise Refusal("refers to data outside of the pickle, as torch.save's archives do; give the whole archive")
        self.push(self.persistent(key))


def _extend(machine: Machine, values: list[Any]) -> None:
    target = machine.stack[-1]
    if not isinstance(target, list):
        raise Refusal(f"appends to the type {type(target).__name__}; it is damaged or made to harm, fetch it again")
    target.extend(values)


def _enter(machine: Machine, values: list[Any]) -> None:
    target = machine.stack[-1]
    if not isinstance(target, dict):
        raise Refusal(f"sets items of the type {type(target).__name__}; it is damaged or made to harm, fetch it again")
    for key, value in zip(values[::2], values[1::2], strict=True):
        target[checked_key(key)] = value


def _add(machine: Machine, values: list[Any]) -> None:
    target = machine.stack[-1]
    if not isinstance(target, set):
        raise Refusal(
            f"adds members to the type {type(target).__name__}; it is damaged or made to harm, fetch it again"
        )
    target.update(map(checked_key, values))


def _pop(stack: list[Any], count: int) -> list[Any]:
    values = [stack.pop() for _ in range(count)]
    return values[::-1]


def _put(machine: Machine, argument: Any) -> None:
    machine.memo[argument] = machine.stack[-1]


def _mark(machine: Machine, _: Any) -> None:
    machine.marks.append(machine.stack)
    machine.stack = []


def _discard(machine: Machine, _: Any) -> None:
    if machine.stack:
        machine.stack.pop()
    else:
        machine.to_mark()


Step = Callable[[Machine, Any], object]


def _steps() -> dict[str, Step]:
    """What each opcode does; what protocols 2 to 5 never write for plain data, or what may run code, is refused."""
    literals = "BININT BININT1 BININT2 LONG1 LONG4 BINFLOAT BINUNICODE SHORT_BINUNICODE BINUNICODE8 BINBYTES"
    literals += " SHORT_BINBYTES BINBYTES8 BYTEARRAY8"
    steps: dict[str, Step] = {name: lambda m, value: m.push(value) for name in literals.split()}
    steps |= {name: lambda m, _: None for name in ("PROTO", "FRAME", "STOP")}
    steps |= {name: lambda m, key: m.push(m.memo[key]) for name in ("BINGET", "LONG_BINGET")}
    steps |= dict.fromkeys(("BINPUT", "LONG_BINPUT"), _put)
    return steps | {
        "MEMOIZE": lambda m, _: _put(m, len(m.memo)),
        "NONE": lambda m, _: m.push(None),
        "NEWTRUE": lambda m, _: m.push(True),
        "NEWFALSE": lambda m, _: m.push(False),
        "EMPTY_LIST": lambda m, _: m.push([]),
        "EMPTY_TUPLE": lambda m, _: m.push(()),
        "EMPTY_DICT": lambda m, _: m.push({}),
        "EMPTY_SET": lambda m, _: m.push(set()),
        "MARK": _mark,
        "POP": _discard,
        "POP_MARK": lambda m, _: m.to_mark(),
        "TUPLE": lambda m, _: m.push(tuple(m.to_mark())),
        "TUPLE1": lambda m, _: m.push(tuple(_pop(m.stack, 1))),
        "TUPLE2": lambda m, _: m.push(tuple(_pop(m.stack, 2))),
        "TUPLE3": lambda m, _: m.push(tuple(_pop(m.stack, 3))),
        "FROZENSET": lambda m, _: m.push(frozenset(map(checked_key, m.to_mark()))),
        "APPEND": lambda m, _: _extend(m, _pop(m.stack, 1)),
        "APPENDS": lambda m, _: _extend(m, m.to_mark()),
        "SETITEM": lambda m, _: _enter(m, _pop(m.stack, 2)),
        "SETITEMS": lambda m, _: _enter(m, m.to_mark()),
        "ADDITEMS": lambda m, _: _add(m, m.to_mark()),
        "GLOBAL": lambda m, names: m.name(*names.split(" ", 1)),
        "STACK_GLOBAL": lambda m, _: m.name(*_pop(m.stack, 2)),
        "REDUCE": lambda m, _: m.call(m.stack.pop()),
        "NEWOBJ": lambda m, _: m.call(m.stack.pop()),
        "BUILD": lambda m, _: m.build(),
        "BINPERSID": lambda m, _: m.refer(),
    }  # fmt: skip


_STEPS = _steps()
