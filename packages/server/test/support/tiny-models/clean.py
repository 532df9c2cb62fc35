"""What people publish, made with the real libraries."""

import datetime
import io
import pickle
import sys
import types
import zipfile
import zoneinfo
from collections import OrderedDict

import joblib
import numpy as np
from safetensors.numpy import save_file
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

X = np.random.RandomState(0).rand(60, 4)
Y = (X[:, 0] > 0.5).astype(int)


def models():
    yield "logistic", LogisticRegression().fit(X, Y)
    yield "forest", RandomForestClassifier(n_estimators=5).fit(X, Y)
    yield "boosting", GradientBoostingClassifier(n_estimators=3).fit(X, Y)
    yield "histogram", HistGradientBoostingClassifier(max_iter=3).fit(X, Y)
    yield "neighbours", KNeighborsClassifier().fit(X, Y)
    yield "perceptron", MLPClassifier(max_iter=2).fit(X, Y)
    yield "sgd", SGDClassifier(random_state=np.random.RandomState(1)).fit(X, Y)
    yield "text", make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(["a bee", "a sea", "bee", "sea"], [0, 1, 0, 1])
    yield "columns", make_pipeline(
        ColumnTransformer([("scale", StandardScaler(), [0, 1]), ("log", FunctionTransformer(np.log1p), [2]), ("hot", OneHotEncoder(), [3])]),
        LogisticRegression(),
    ).fit(np.c_[X[:, :3], Y], Y)


OBJECTS = np.array([{"a": 1}, "text", None], dtype=object)
RECORDS = np.array([(1, 2.0), (3, 4.0)], dtype=[("a", "i4"), ("b", "f8")])
MIXED = np.array([(1, {"k": [1]}), (2, None)], dtype=[("a", "i4"), ("b", "O")])


def made(module, name):
    """An object of a class of that name, without the library."""
    library = sys.modules.setdefault(module, types.ModuleType(module))
    if not hasattr(library, name):
        setattr(library, name, type(name, (), {"__module__": module}))
    value = getattr(library, name)()
    value.index = [1, 2]
    return value


def write(folder, _command):
    expected = {}

    def expect(name, format, verdict="clean"):
        expected[name] = {"format": format, "verdict": verdict}
        return folder / name

    for name, model in models():
        for protocol in range(6):
            expect(f"{name}-{protocol}.pkl", "pickle").write_bytes(pickle.dumps(model, protocol))
        joblib.dump(model, expect(f"{name}.joblib", "joblib"))
    forest = dict(models())["forest"]
    for compression in ("zlib", "gzip", "bz2", "lzma", "xz"):
        read = compression in ("zlib", "gzip")
        joblib.dump(forest, expect(f"forest-{compression}.joblib", "joblib", "clean" if read else "unknown"), compress=(compression, 3))
    for protocol in range(6):
        joblib.dump({"m": forest, "a": X}, expect(f"protocol-{protocol}.joblib", "joblib"), protocol=protocol)
    arrays = {"objects": OBJECTS, "records": RECORDS, "mixed": MIXED, "dates": np.array(["2026-01-01"], "M8[D]"), "text": np.array(["ab", "c"])}
    joblib.dump({**arrays, "f": np.asfortranarray(X), "scalar": np.float64(1), "empty": np.zeros((0, 3))}, expect("arrays.joblib", "joblib"))
    data = {"when": datetime.datetime(2026, 1, 1), "o": OrderedDict(a=1), "s": {1, 2}, "f": frozenset("ab"), "b": b"\0\xff", "big": 2**80, "c": 1j,
            "ba": bytearray(b"x"), "long": "x" * 3000, "rng": np.random.default_rng(1), "dtype": np.dtype("f4"), "t": [np.float64(1)] * 3, "neg": -5,
            "unicode": "\u20ac \\u0041", "float": 1.5, "bool": True, "none": None, "many": list(range(3000))}
    for protocol in range(6):
        expect(f"data-{protocol}.pkl", "pickle").write_bytes(pickle.dumps({**data, "arrays": list(arrays.values())}, protocol))
    attributes = [*[datetime.datetime(2026, 1, day, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin")) for day in (1, 2)],
                  datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc), TfidfVectorizer(tokenizer=str.split, preprocessor=str.lower)]
    for protocol in range(6):
        expect(f"attributes-{protocol}.pkl", "pickle").write_bytes(pickle.dumps(attributes, protocol))
    joblib.dump([attributes, X], expect("attributes.joblib", "joblib"))
    # pickle.load would take what lies in the memo here for the module of the second array's type.
    for module, name in (("pandas", "DataFrame"), ("pandas", "Series")):
        for values in ([made(module, name)], [1, made(module, name)], {"a": made(module, name)}, {"a": 1, "b": 2, "c": 3}):
            joblib.dump([values, OBJECTS], expect(f"{name}-{len(expected)}.joblib", "joblib"))
    expect("streams.pkl", "pickle").write_bytes(pickle.dumps(data) + pickle.dumps([1, 2]))
    np.save(expect("floats.npy", "npy"), X)
    np.save(expect("objects.npy", "npy"), OBJECTS, allow_pickle=True)
    np.save(expect("records.npy", "npy"), RECORDS)
    np.savez(expect("two.npz", "npz"), a=X, b=np.arange(3))
    np.savez_compressed(expect("packed.npz", "npz"), a=X, o=OBJECTS)
    save_file({"w": X.astype("f4"), "b": np.zeros(3, "f2"), "e": np.zeros((0, 2), "i8")}, expect("weights.safetensors", "safetensors"), metadata={"format": "np"})
    write_onnx(expect)
    torch_zip(expect("layers.pt", "torch"), torch_pickle())
    legacy_torch(expect("legacy.pt", "torch"))
    return expected


def write_onnx(expect):
    import onnx
    from onnx import TensorProto, helper
    from skl2onnx import to_onnx

    for name, model in models():
        if name in ("logistic", "forest", "perceptron"):
            expect(f"{name}.onnx", "onnx").write_bytes(to_onnx(model, X.astype("f4")).SerializeToString())
    branch = helper.make_graph([helper.make_node("Identity", ["w"], ["y2"])], "branch", [], [helper.make_tensor_value_info("y2", TensorProto.FLOAT, ["n"])])
    nodes = [
        helper.make_node("If", ["c"], ["y"], then_branch=branch, else_branch=branch),
        helper.make_node("Fancy", ["y"], ["z"], domain="org.example"),
    ]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("c", TensorProto.BOOL, []), helper.make_tensor_value_info("w", TensorProto.FLOAT, ["n"])],
        [helper.make_tensor_value_info("z", TensorProto.FLOAT, None)],
        [helper.make_tensor("w", TensorProto.FLOAT, [2], [1.0, 2.0])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20), helper.make_opsetid("org.example", 1)])
    expect("branches.onnx", "onnx").write_bytes(model.SerializeToString())
    big = onnx.helper.make_tensor("w", TensorProto.FLOAT, [4], np.ones(4, "f4").tobytes(), raw=True)
    outside(big, "weights.bin")
    model = helper.make_model(helper.make_graph([helper.make_node("Identity", ["w"], ["y"])], "g", [], [helper.make_tensor_value_info("y", TensorProto.FLOAT, [4])], [big]))
    expect("beside.onnx", "onnx").write_bytes(model.SerializeToString())


def outside(tensor, location):
    tensor.ClearField("raw_data")
    tensor.data_location = 1
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", location


def torch_pickle(extra=b""):
    """The data.pkl that torch.save writes for {'w': a tensor of two floats}: torch is not needed to write it."""
    return (
        b"\x80\x02}q\x00X\x01\x00\x00\x00wq\x01ctorch._utils\n_rebuild_tensor_v2\nq\x02"
        b"((X\x07\x00\x00\x00storageq\x03ctorch\nFloatStorage\nq\x04X\x01\x00\x00\x000q\x05X\x03\x00\x00\x00cpuq\x06K\x02tq\x07Q"
        b"K\x00K\x02\x85q\x08K\x01\x85q\x09\x89ccollections\nOrderedDict\nq\x0a)Rq\x0btq\x0cRq\x0ds" + extra + b"."
    )


def torch_zip(path, data, compression=zipfile.ZIP_STORED, extra=()):
    with zipfile.ZipFile(path, "w", compression) as z:
        z.writestr("archive/data.pkl", data)
        z.writestr("archive/byteorder", "little")
        z.writestr("archive/data/0", b"\0\0\x80?\0\0\0@")
        z.writestr("archive/version", "3\n")
        for name, content in extra:
            z.writestr(name, content)


MAGIC = 0x1950A86A20F9469CFC6C


def legacy_torch(path, data=None):
    out = io.BytesIO()
    for part in (MAGIC, 1001, {"protocol_version": 1001, "little_endian": True}):
        pickle.dump(part, out, 2)
    out.write(data or torch_pickle().replace(b"K\x02tq\x07Q", b"K\x02Ntq\x07Q"))
    pickle.dump(["0"], out, 2)
    path.write_bytes(out.getvalue() + (2).to_bytes(8, "little") + b"\0\0\x80?\0\0\0@")
