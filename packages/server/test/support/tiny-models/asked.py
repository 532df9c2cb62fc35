"""Random pickle programs, and which names CPython's two unpicklers ask for: python asked.py <seed> <count>

Nothing is imported or called: find_class gives an inert stub whatever it is asked for. Printed as JSON, one list of
[program in base64, names asked by the C unpickler, names asked by the Python one, loaded by the C one].
"""

import base64
import io
import json
import pickle
import random
import resource
import struct
import sys
import warnings

warnings.simplefilter("ignore")
resource.setrlimit(resource.RLIMIT_AS, (1_500_000_000,) * 2)
random.seed(int(sys.argv[1]))
NAMES = ["os", "system", "numpy", "ndarray", "a", "b", "builtins", "eval", "copy_reg", "_reconstructor", "__builtin__"]


class Stub:
    def __new__(cls, *args, **kwargs):
        return object.__new__(cls)

    def ignore(self, *args, **kwargs):
        return None

    __init__ = __setstate__ = append = extend = add = __setitem__ = ignore

    def __call__(self, *args):
        return self

    def __hash__(self):
        return 1


def recording(base):
    class Recording(base):
        def __init__(self, file):
            super().__init__(file)
            self.asked = []

        def find_class(self, module, name):
            self.asked.append((module, name))
            return Stub

        def persistent_load(self, _id):
            return Stub()

    return Recording


def text():
    n = random.choice(NAMES).encode()
    return random.choice([
        b"\x8c" + bytes([len(n)]) + n, b"X" + struct.pack("<I", len(n)) + n, b"\x8d" + struct.pack("<Q", len(n)) + n,
        b"V" + n + b"\n", b"S'" + n + b"'\n", b"U" + bytes([len(n)]) + n, b"T" + struct.pack("<I", len(n)) + n,
        b"S'\\x%02x" % n[0] + n[1:] + b"'\n", b"V\\u%04x" % n[0] + n[1:] + b"\n",
    ])


def line():
    return random.choice(NAMES).encode() + b"\n"


# Random bytes that make no opcode which reserves memory by a length of its own.
BYTES = [b for b in range(256) if b not in b"rBTXj\x8b\x8d\x8e\x95\x96\x97\x98"]
VALUES = [b"N", b"\x88", b"K\x05", b"M\x05\x05", b"J\1\0\0\0", b"I01\n", b"L5L\n", b"F1.5\n", b"G" + bytes(8), b"\x8a\x02\1\1", b"C\x02ab",
          b"B\1\0\0\0x", b"\x8e\1" + bytes(7) + b"x", b"\x96\1" + bytes(7) + b"x"]
SHAPES = [b")", b"]", b"}", b"\x8f", b"t", b"l", b"d", b"\x85", b"\x86", b"\x87", b"e", b"a", b"s", b"u", b"\x90", b"\x91"]
CALLS = [b"R", b"\x81", b"o", b"b", b"\x92", b"Q", b"Pq\n"]


def opcode():
    i = random.randrange(6)
    kinds = [
        (25, text),
        (8, lambda: text() + text() + b"\x93"),
        (7, lambda: b"c" + line() + line()),
        (4, lambda: b"(" + text() + b"i" + line() + line()),
        (8, lambda: random.choice([b"q" + bytes([i]), b"p%d\n" % i, b"r" + bytes([i, 0, 0, 0]), b"\x94"])),
        (10, lambda: random.choice([b"h" + bytes([i]), b"g%d\n" % i, b"j" + bytes([i, 0, 0, 0]), b"g 0_%d \n" % i])),
        (8, lambda: random.choice([b"0", b"2", b"(", b"1", b"(0"])),
        (10, lambda: random.choice(SHAPES)),
        (8, lambda: random.choice(CALLS)),
        (5, lambda: random.choice(VALUES)),
        (3, lambda: b"\x80" + bytes([i])),
        (2, lambda: b"\x95" + bytes([random.randrange(12)]) + bytes(7)),
        (2, lambda: bytes([random.choice(BYTES)])),
    ]
    return random.choices([make for _, make in kinds], [weight for weight, _ in kinds])[0]()


def program():
    start = b"" if random.random() < 0.3 else b"\x80" + bytes([random.randrange(6)])
    body = b"".join(opcode() for _ in range(random.randrange(2, 14)))
    return (b"(N" * 3 if random.random() < 0.3 else b"") + start + body + (b"." if random.random() < 0.8 else b"")


def ask(base, data):
    unpickler = recording(base)(io.BytesIO(data))
    try:
        unpickler.load()
        return unpickler.asked, True
    except Exception:
        return unpickler.asked, False


out = []
while len(out) < int(sys.argv[2]):
    data = program()
    (by_c, loaded), (by_python, _) = ask(pickle.Unpickler, data), ask(pickle._Unpickler, data)
    if by_c or by_python or loaded:
        out.append([base64.b64encode(data).decode(), by_c, by_python, loaded])
print(json.dumps(out))
