"""Runs one job with the reference library (stream-infer of PyPI) as its README tells, and prints what was done as one line of JSON.

Argument: the job as JSON: { mode, producer: "opencv" | "pyav", source, width?, height?, position?, record?,
algos: [{ kind: "noop" | "box" | "yolox", frame_count, frame_step, interval, model?, threads? }] }. Nothing of the library is stubbed or changed.
"""
import json
import sys

import cv2
import numpy as np
from stream_infer import Inference, Player
from stream_infer.algo import BaseAlgo
from stream_infer.dispatcher import DevelopDispatcher
from stream_infer.producer import OpenCVProducer, PyAVProducer

FPS = 30


class Counted(BaseAlgo):
    """An algo that does nothing but count its runs and the frames it was given."""

    def init(self):
        self.runs = 0
        self.frames = 0

    def run(self, frames):
        self.runs += 1
        self.frames += len(frames)
        return None


class Box(Counted):
    """Always sees the same thing."""

    def run(self, frames):
        super().run(frames)
        return [{"label": "thing", "score": 0.9, "box": (160, 90, 480, 270)}]


class Yolox(Counted):
    """YOLOX as Megvii exports it: letterbox, session, decoding of the grids, NMS for each class."""

    SIZE = 416
    SCORE, IOU = 0.3, 0.45

    def init(self, model, threads):
        super().init()
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self.input = self.session.get_inputs()[0].name
        grids, strides = [], []
        for stride in (8, 16, 32):
            cells = self.SIZE // stride
            x, y = np.meshgrid(np.arange(cells), np.arange(cells))
            grids.append(np.stack((x, y), 2).reshape(-1, 2))
            strides.append(np.full((cells * cells, 1), stride))
        self.grid, self.stride = np.concatenate(grids), np.concatenate(strides)

    def run(self, frames):
        super().run(frames)
        tensor, scale = self.letterbox(frames[-1])
        rows = self.session.run(None, {self.input: tensor})[0][0]
        return self.decode(rows, scale)

    def letterbox(self, frame):
        height, width = frame.shape[:2]
        scale = min(self.SIZE / width, self.SIZE / height)
        small = cv2.resize(frame, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_LINEAR)
        padded = np.full((self.SIZE, self.SIZE, 3), 114, np.uint8)
        padded[: small.shape[0], : small.shape[1]] = small
        return np.ascontiguousarray(padded.transpose(2, 0, 1)[None], np.float32), scale

    def decode(self, rows, scale):
        keep = rows[:, 4] >= self.SCORE
        rows, grid, stride = rows[keep], self.grid[keep], self.stride[keep]
        scores = rows[:, 4:5] * rows[:, 5:]
        classes = scores.argmax(1)
        best = scores.max(1) if len(scores) else np.zeros(0)
        sides = np.exp(rows[:, 2:4]) * stride
        boxes = np.concatenate(((rows[:, :2] + grid) * stride - sides / 2, sides), 1) / scale
        chosen = cv2.dnn.NMSBoxesBatched(boxes.tolist(), best.tolist(), classes.tolist(), self.SCORE, self.IOU) if len(boxes) else []
        return [{"classId": int(classes[i]), "score": float(best[i]), "box": boxes[i].tolist()} for i in chosen]


ALGOS = {"noop": Counted, "box": Box, "yolox": Yolox}


def draw(inference, frame, **_):
    """The last result of the algo `box` onto the frame."""
    _, result = inference.dispatcher.get_last_result("0-box")
    for found in result or []:
        xmin, ymin, xmax, ymax = found["box"]
        cv2.rectangle(frame, (xmin, ymin), (xmax, ymax), (0, 255, 0), 2)
        cv2.putText(frame, f"{found['label']} {found['score']:.2f}", (xmin, ymin - 6), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (0, 255, 0), 2)
    return frame


def main(job):
    producer = {"opencv": OpenCVProducer, "pyav": PyAVProducer}[job["producer"]](job.get("width"), job.get("height"))
    buffer = max(30, *(a["frame_count"] * max(a["frame_step"], 1) for a in job["algos"]))
    dispatcher = DevelopDispatcher.create(mode=job["mode"], buffer=buffer)
    inference = Inference(dispatcher, Player(dispatcher, producer, job["source"], show_progress=False))
    algos = [ALGOS[a["kind"]](f"{i}-{a['kind']}") for i, a in enumerate(job["algos"])]
    for algo, a in zip(algos, job["algos"]):
        inference.load_algo(algo, a["frame_count"], a["frame_step"], a["interval"], **{k: a[k] for k in ("model", "threads") if k in a})
    if job.get("record"):
        inference.process(draw)
    inference.start(fps=FPS, position=job.get("position", 0), recording_path=job.get("record"))
    print(json.dumps({"runs": [a.runs for a in algos], "frames": [a.frames for a in algos]}), flush=True)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
