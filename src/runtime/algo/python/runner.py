"""Runs one algo of the Python library stream-infer (a BaseAlgo class, or any class with run) for an engine.

Messages come in at standard input, answers go out at what was standard output: each a little-endian uint32, that many
bytes of JSON, and behind a "run" the bytes of its frames. Needs Python 3.8 and numpy; stream_infer itself only where the
algo uses more of it than BaseAlgo. What the algo prints goes to standard error.
"""

import dataclasses
import importlib
import importlib.util
import inspect
import json
import math
import os
import queue
import signal
import struct
import sys
import threading
import traceback
import types

LENGTH = struct.Struct("<I")
# lists in lists beyond this depth are taken for endless
DEEPEST = 64


class Refusal(Exception):
    """What the user must be told, with the code of the runtime's errors."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class Channel:
    """Both ends of the pipe, kept away from the algo: its own input is empty, its output is standard error."""

    def __init__(self):
        self._input = os.fdopen(os.dup(0), "rb")
        self._output = os.fdopen(os.dup(1), "wb")
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        sys.stdout.flush()
        os.dup2(2, 1)
        self.messages = queue.Queue()
        threading.Thread(target=self._read_all, daemon=True).start()

    def send(self, message, limit=None):
        data = json.dumps(message, allow_nan=False).encode()
        if limit is not None and len(data) > limit:
            raise Refusal("ALGO_RUN_FAILED", "the result is %.1f MiB of JSON, more than %g MiB" % (len(data) / 2**20, limit / 2**20))
        self._output.write(LENGTH.pack(len(data)) + data)
        self._output.flush()

    def _read_all(self):
        """In a thread of its own: when the engine is gone this process ends, whatever the algo is doing."""
        while True:
            head = self._read(LENGTH.size)
            message = json.loads(self._read(LENGTH.unpack(head)[0]))
            message["data"] = [self._read(frame["bytes"]) for frame in message.get("frames", ())]
            self.messages.put(message)

    def _read(self, size):
        data = bytearray(size)
        view = memoryview(data)
        while size > 0:
            count = self._input.readinto(view[-size:])
            if not count:
                os._exit(0)
            size -= count
        return data


def import_numpy():
    try:
        return importlib.import_module("numpy")
    except ImportError as error:
        install = '"%s" -m pip install numpy' % sys.executable
        raise Refusal("PYTHON_MISSING", "%s cannot import numpy (%s); install it: %s" % (sys.executable, error, install))


def provide_base_algo():
    """Where stream_infer is not installed, the one class of it that algos are made of."""
    if importlib.util.find_spec("stream_infer") is not None:
        return

    class BaseAlgo:
        def __init__(self, name=None):
            self.name = name or self.__class__.__name__

        def init(self, **kwargs):
            raise NotImplementedError

        def run(self, frames):
            raise NotImplementedError

    package = types.ModuleType("stream_infer")
    package.__path__ = []
    module = types.ModuleType("stream_infer.algo")
    module.BaseAlgo = package.BaseAlgo = BaseAlgo
    package.algo = module
    sys.modules.update({"stream_infer": package, "stream_infer.algo": module})


def load_module(name, folder):
    """A file, a folder with __init__.py, or a dotted name."""
    sys.path.insert(0, folder)
    path = os.path.join(folder, name)
    is_package = os.path.isdir(path)
    if not is_package and not name.endswith(".py"):
        return importlib.import_module(name)
    file = os.path.join(path, "__init__.py") if is_package else path
    if not os.path.isfile(file):
        raise Refusal("MODULE_LOAD_FAILED", "%s: there is no such file" % file)
    sys.path.insert(0, os.path.dirname(path))
    stem = os.path.splitext(os.path.basename(path))[0]
    locations = [path] if is_package else None
    spec = importlib.util.spec_from_file_location(stem, file, submodule_search_locations=locations)
    module = importlib.util.module_from_spec(spec)
    sys.modules[stem] = module
    spec.loader.exec_module(module)
    return module


def find_class(module, name):
    if name is not None:
        found = getattr(module, name, None)
        if is_algo(found):
            return found
        raise Refusal("MODULE_LOAD_FAILED", "%s has no class %s with run(frames)" % (module.__name__, name))
    own = [value for value in vars(module).values() if is_algo(value) and value.__module__ == module.__name__]
    if len(own) == 1:
        return own[0]
    names = ", ".join(sorted(value.__name__ for value in own))
    what = "has several algos, name one: %s" % names if own else "has no class with run(frames)"
    raise Refusal("MODULE_LOAD_FAILED", "%s %s" % (module.__name__, what))


def is_algo(value):
    return inspect.isclass(value) and callable(getattr(value, "run", None))


def make_algo(cls, name):
    try:
        inspect.signature(cls).bind(name)
    except TypeError:
        return cls()
    return cls(name)


def plain(numpy, value, path="result", depth=0):
    """`value` as JSON has it: numpy's numbers and arrays as numbers and lists, what is no finite number as None."""
    if depth > DEEPEST:
        raise Refusal("ALGO_RUN_FAILED", "the result is nested more than %d deep" % DEEPEST)
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, numpy.ndarray) and value.dtype.kind in "biuf":
        return plain_numbers(numpy, value)
    if isinstance(value, dict):
        return {key_of(key, path): plain(numpy, part, "%s[%r]" % (path, key), depth + 1) for key, part in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(numpy, part, "%s[%d]" % (path, at), depth + 1) for at, part in enumerate(value)]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return plain(numpy, {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}, path, depth + 1)
    # numpy's scalars and other arrays, tensors of PyTorch and TensorFlow
    for convert in ("tolist", "numpy"):
        if callable(getattr(value, convert, None)) and not isinstance(value, type):
            return plain(numpy, getattr(value, convert)(), path, depth + 1)
    what = "%s is of type %s, no plain data" % (path, type(value).__name__)
    raise Refusal("ALGO_RUN_FAILED", what + ": return numbers, texts, lists, dicts or numpy arrays")


def plain_numbers(numpy, array):
    if array.dtype.kind != "f" or numpy.isfinite(array).all():
        return array.tolist()
    return numpy.where(numpy.isfinite(array), array, None).tolist()


def key_of(key, path):
    if isinstance(key, str):
        return key
    if hasattr(key, "item"):
        key = key.item()
    if key is None or isinstance(key, (bool, int, float)):
        return str(key)
    raise Refusal("ALGO_RUN_FAILED", "%s has a key of type %s: use texts or numbers" % (path, type(key).__name__))


def frames_of(numpy, message):
    """Arrays (height, width, channels), grey ones (height, width); the algo may write on them."""
    for frame, data in zip(message["frames"], message["data"]):
        height, width, channels = frame["shape"]
        shape = (height, width) if channels == 1 else (height, width, channels)
        yield numpy.frombuffer(data, numpy.uint8).reshape(shape)


def words_of(error, folder):
    """"ValueError: no (my_algo.py:12)", the place being the last in a file of the user's."""
    text = "".join(traceback.format_exception_only(type(error), error)).strip().splitlines()[-1]
    if isinstance(error, SyntaxError) and error.filename:
        return "%s (%s:%s)" % (text, os.path.basename(error.filename), error.lineno)
    places = [place for place in traceback.extract_tb(error.__traceback__) if place.filename.startswith(folder)]
    return "%s (%s:%s)" % (text, os.path.basename(places[-1].filename), places[-1].lineno) if places else text


class Runner:
    def __init__(self, channel):
        self.channel = channel
        self.folder = ""
        self.limit = 0
        self.numpy = None
        self.algo = None
        """Code of what fails while the algo is opened."""
        self.told = None
        """The error whose traceback was printed last: a run that fails every time fills no log."""
        self.stage = "MODULE_LOAD_FAILED"

    def answer(self, message):
        """Everything but SystemExit, with which an algo ends this process, is told and lived through."""
        try:
            if message["type"] == "open":
                self.open(message)
            else:
                self.run(message)
        except Refusal as error:
            self.fail(error.code, str(error))
        except Exception as error:
            words = words_of(error, self.folder)
            if words != self.told:
                traceback.print_exc()
            self.told = words
            self.fail(self.stage if message["type"] == "open" else "ALGO_RUN_FAILED", words)

    def open(self, message):
        self.folder, self.limit = message["folder"], message["limit"]
        self.numpy = import_numpy()
        provide_base_algo()
        cls = find_class(load_module(message["module"], self.folder), message.get("class"))
        self.stage = "ALGO_OPEN_FAILED"
        self.algo = make_algo(cls, message["name"])
        if callable(getattr(self.algo, "init", None)):
            self.algo.init(**message["kwargs"])
        versions = {"python": "%d.%d.%d" % sys.version_info[:3], "numpy": self.numpy.__version__}
        self.channel.send({"type": "ready", "class": cls.__name__, **versions})

    def run(self, message):
        result = self.algo.run(list(frames_of(self.numpy, message)))
        self.channel.send({"type": "done", "result": plain(self.numpy, result)}, self.limit)

    def fail(self, code, message):
        self.channel.send({"type": "failed", "error": {"code": code, "message": message}})


def main():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    channel = Channel()
    runner = Runner(channel)
    while True:
        message = channel.messages.get()
        if message["type"] == "close":
            if callable(getattr(runner.algo, "close", None)):
                runner.algo.close()
            return
        runner.answer(message)


if __name__ == "__main__":
    main()
