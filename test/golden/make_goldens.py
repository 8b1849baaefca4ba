"""Makes the goldens beside this file: what other implementations find with the models of the test data.

Models are run by Python's onnxruntime; everything else is numpy, OpenCV and pycocotools, written from the published definitions
and not from this project's code. Needs the test data:

    python3 -m venv venv && venv/bin/pip install -r test/golden/requirements.txt
    venv/bin/python test/golden/make_goldens.py ../shared/data
"""

import json
import sys
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from pycocotools import mask as coco

DATA = Path(sys.argv[1])
HERE = Path(__file__).parent
SCORE, IOU = 0.3, 0.45


def session(model):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(DATA / "models" / model), options, providers=["CPUExecutionProvider"])


def run(model, tensor):
    return model.run(None, {model.get_inputs()[0].name: tensor})


def image(name):
    return cv2.cvtColor(cv2.imread(str(DATA / "images" / name)), cv2.COLOR_BGR2RGB)


def letterbox(picture, side, colour, corner="centre"):
    """The picture scaled into a square, with scale and padding (ultralytics/data/augment.py, LetterBox)."""
    height, width = picture.shape[:2]
    scale = min(side / height, side / width)
    new_width, new_height = round(width * scale), round(height * scale)
    left, top = (side - new_width) / 2, (side - new_height) / 2
    left, top = round(left - 0.1), round(top - 0.1)
    square = np.full((side, side, 3), colour, np.uint8)
    square[top : top + new_height, left : left + new_width] = cv2.resize(picture, (new_width, new_height), interpolation=cv2.INTER_LINEAR)
    return square, (new_width / width, new_height / height), (left, top)


def planar(square):
    return (square.astype(np.float32) / 255).transpose(2, 0, 1)[None]


def rle(mask):
    encoded = coco.encode(np.asfortranarray(mask.astype(np.uint8)))
    return encoded["counts"].decode("ascii")


def rows_of(output, classes):
    """Candidates of [1, 4 + classes + more, anchors]: rows, their best scores and classes."""
    rows = output[0].T
    scores = rows[:, 4 : 4 + classes].max(1)
    keep = scores >= SCORE
    return rows[keep], scores[keep], rows[keep, 4 : 4 + classes].argmax(1)


def upright_nms(rows, scores, class_ids):
    """Indices kept by OpenCV, class by class."""
    corner = rows[:, :4].copy()
    corner[:, :2] -= corner[:, 2:4] / 2
    kept = cv2.dnn.NMSBoxesBatched(corner.tolist(), scores.tolist(), class_ids.tolist(), SCORE, IOU)
    return [int(i) for i in kept]


def to_frame(xs, ys, scale, pad):
    return (np.asarray(xs) - pad[0]) / scale[0], (np.asarray(ys) - pad[1]) / scale[1]


def box_of(row, scale, pad, size):
    x, y, w, h = row[:4]
    xs, ys = to_frame([x - w / 2, x + w / 2], [y - h / 2, y + h / 2], scale, pad)
    xs, ys = np.clip(xs, 0, size[0]), np.clip(ys, 0, size[1])
    return [round(float(v), 2) for v in (xs[0], ys[0], xs[1], ys[1])]


def instance_segmentation():
    """Masks as Ultralytics' process_mask_native has them: scaled to the picture bilinearly, cut at 0, cut off at the box."""
    model = session("seg-agpl/yolo11n-seg_int8.onnx")
    for name in ("bus.jpg", "zidane.jpg", "dog.jpg"):
        picture = image(name)
        height, width = picture.shape[:2]
        square, scale, pad = letterbox(picture, 640, 114)
        output, prototypes = run(model, planar(square))
        rows, scores, class_ids = rows_of(output, 80)
        found = []
        for i in upright_nms(rows, scores, class_ids):
            logits = np.tensordot(rows[i, 84:], prototypes[0], axes=1)
            left, top = pad[0] // 4, pad[1] // 4
            inner = logits[top : 160 - top, left : 160 - left]
            full = cv2.resize(inner, (width, height), interpolation=cv2.INTER_LINEAR) > 0
            box = box_of(rows[i], scale, pad, (width, height))
            columns, lines = np.arange(width)[None] + 0.5, np.arange(height)[:, None] + 0.5
            full &= (columns >= box[0]) & (columns < box[2]) & (lines >= box[1]) & (lines < box[3])
            found.append({"classId": int(class_ids[i]), "score": round(float(scores[i]), 4), "box": box, "rle": rle(full)})
        yield {"image": name, "width": width, "height": height, "found": found}


def pose_estimation():
    model = session("pose-agpl/yolo11n-pose_int8_fixed.onnx")
    for name in ("bus.jpg", "zidane.jpg"):
        picture = image(name)
        height, width = picture.shape[:2]
        square, scale, pad = letterbox(picture, 640, 114)
        (output,) = run(model, planar(square))
        rows, scores, class_ids = rows_of(output, 1)
        found = []
        for i in upright_nms(rows, scores, class_ids):
            points = rows[i, 5:].reshape(17, 3)
            xs, ys = to_frame(points[:, 0], points[:, 1], scale, pad)
            keypoints = np.stack([np.clip(xs, 0, width), np.clip(ys, 0, height), points[:, 2]], 1)
            found.append({"classId": 0, "score": round(float(scores[i]), 4), "box": box_of(rows[i], scale, pad, (width, height)), "keypoints": keypoints.astype(float).round(3).tolist()})
        yield {"image": name, "width": width, "height": height, "found": found}


def movenet():
    """tensorflow.org/hub/tutorials/movenet: the picture padded to a square, 192 × 192, keypoints as y, x, score."""
    model = session("from-npm/movenet-lightning.onnx")
    for name in ("frames/one-by-one-person-detection_f0150.png", "hrnet_demo.jpg"):
        picture = image(name)
        height, width = picture.shape[:2]
        square, scale, pad = letterbox(picture, 192, 0)
        (output,) = run(model, square.astype(np.float32)[None])
        points = output.reshape(17, 3)
        xs, ys = to_frame(points[:, 1] * 192, points[:, 0] * 192, scale, pad)
        keypoints = np.stack([np.clip(xs, 0, width), np.clip(ys, 0, height), points[:, 2]], 1)
        yield {"image": name, "width": width, "height": height, "found": [{"classId": 0, "score": round(float(points[:, 2].mean()), 4), "keypoints": keypoints.astype(float).round(3).tolist()}]}


def rotated_iou(a, b):
    """By OpenCV's intersection of rotated rectangles. (Its NMSBoxesRotated takes one inside of another for the same, so it is no help.)"""
    kind, points = cv2.rotatedRectangleIntersection(a, b)
    if kind == cv2.INTERSECT_NONE:
        return 0.0
    common = cv2.contourArea(cv2.convexHull(points))
    return common / (a[1][0] * a[1][1] + b[1][0] * b[1][1] - common)


def oriented_detection():
    model = session("variants/yolox_nano_yolov8obb_fmt.onnx")
    for name in ("bus.jpg", "dog.jpg"):
        picture = image(name)
        height, width = picture.shape[:2]
        square, scale, pad = letterbox(picture, 416, 114)
        (output,) = run(model, planar(square))
        rows, scores, class_ids = rows_of(output, 15)
        kept = []
        for i in np.argsort(-scores, kind="stable"):
            rect = ((float(rows[i, 0]), float(rows[i, 1])), (float(rows[i, 2]), float(rows[i, 3])), float(np.degrees(rows[i, 19])))
            if all(class_ids[j] != class_ids[i] or rotated_iou(rect, other) <= IOU for j, other in kept):
                kept.append((i, rect))
        found = []
        for i, rect in kept:
            corners = cv2.boxPoints(rect)
            xs, ys = to_frame(corners[:, 0], corners[:, 1], scale, pad)
            found.append({"classId": int(class_ids[i]), "score": round(float(scores[i]), 4), "corners": np.stack([xs, ys], 1).astype(float).round(2).tolist()})
        yield {"image": name, "width": width, "height": height, "found": found}


def semantic_segmentation():
    """Logits scaled to the picture bilinearly, then the best class of each pixel."""
    model = session("seg/deeplab_v3_mnv2_257.onnx")
    for name in ("bus.jpg", "dog.jpg"):
        picture = image(name)
        height, width = picture.shape[:2]
        small = cv2.resize(picture, (257, 257), interpolation=cv2.INTER_LINEAR)
        (output,) = run(model, (small.astype(np.float32) / 127.5 - 1)[None])
        best = cv2.resize(output[0], (width, height), interpolation=cv2.INTER_LINEAR).argmax(2)
        found = [{"classId": int(c), "share": round(float((best == c).mean()), 5), "rle": rle(best == c)} for c in np.unique(best)]
        yield {"image": name, "width": width, "height": height, "found": found}


def run_lengths():
    """Small masks, row by row, and what pycocotools makes of them."""
    random = np.random.default_rng(1)
    masks = [np.zeros((3, 4)), np.ones((3, 4)), np.eye(5), np.tri(7, 4), random.random((31, 33)) < 0.5, np.pad(np.ones((40, 90)), ((500, 460), (30, 1800)))]
    for mask in masks:
        starts = np.flatnonzero(np.diff(np.concatenate([[0], mask.T.ravel(), [0]])))
        runs = [int(v) for start, end in zip(starts[::2], starts[1::2]) for v in (start, end - start)]
        yield {"size": list(mask.shape), "runs": runs, "counts": rle(mask)}


for name, make in {
    "yolo-seg": instance_segmentation,
    "yolo-pose": pose_estimation,
    "movenet": movenet,
    "yolo-obb": oriented_detection,
    "semantic": semantic_segmentation,
    "run-lengths": run_lengths,
}.items():
    (HERE / f"{name}.json").write_text(json.dumps(list(make()), separators=(",", ":")) + "\n")
    print(name, (HERE / f"{name}.json").stat().st_size, "bytes")
