"""What the golden scripts share: pictures and tensors made with OpenCV, outputs written small.

A golden says what another implementation (OpenCV's DNN module, its FaceDetectorYN, or ONNX Runtime's Python package with NumPy)
finds in pictures of the test data. None of it uses code of this repository.

    python3 -m venv venv && venv/bin/pip install -r test/golden/requirements.txt
    venv/bin/python test/golden/faces.py ../shared/data
"""
import json
import os
import sys

import cv2
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = sys.argv[1]

cv2.setNumThreads(1)


def read(file):
    """A picture of the test data, BGR."""
    return cv2.imread(os.path.join(DATA, file), cv2.IMREAD_COLOR)


def model_path(model):
    return os.path.join(DATA, 'models', model)


def place(image, width, height, fit, pad=0):
    """The picture in an input of that size, with scales and offsets: x in the input = x * scale + offset."""
    rows, columns = image.shape[:2]
    if fit == 'stretch':
        return cv2.resize(image, (width, height)), (width / columns, height / rows), (0, 0)
    scale = min(width / columns, height / rows)
    w, h = int(columns * scale + .5), int(rows * scale + .5)
    x, y = (int(round((width - w) / 2 - .1)), int(round((height - h) / 2 - .1))) if fit == 'letterbox-center' else (0, 0)
    canvas = np.full((height, width, 3), pad, np.uint8)
    canvas[y:y + h, x:x + w] = cv2.resize(image, (w, h))
    return canvas, (w / columns, h / rows), (x, y)


def tensor(canvas, colours='rgb', scale=1., mean=0., std=1., layout='NCHW'):
    numbers = (canvas[:, :, ::-1] if colours == 'rgb' else canvas).astype(np.float32)
    numbers = (numbers * np.float32(scale) - np.float32(mean)) / np.float32(std)
    return np.ascontiguousarray((numbers.transpose(2, 0, 1) if layout == 'NCHW' else numbers)[None], dtype=np.float32)


def suppress(boxes, scores, confidence, iou):
    """Places of the boxes (x1, y1, x2, y2) that OpenCV's NMS keeps, best first."""
    sides = [[float(x1), float(y1), float(x2 - x1), float(y2 - y1)] for x1, y1, x2, y2 in boxes]
    return [int(i) for i in np.array(cv2.dnn.NMSBoxes(sides, [float(s) for s in scores], confidence, iou)).reshape(-1)]


def detections(found, labels, confidence, iou, back):
    """
    The golden's list from (class, score, box, points) in pixels of the input. `stable` is what stays at other thresholds, which
    small differences of two implementations therefore cannot turn over.
    """
    def kept(overlap):
        result = set()
        for number in sorted({one[0] for one in found}):
            of_class = [i for i, one in enumerate(found) if one[0] == number]
            result |= {of_class[k] for k in suppress([found[i][2] for i in of_class], [found[i][1] for i in of_class], confidence, overlap)}
        return result

    low, here, high = kept(iou - .07), kept(iou), kept(iou + .07)
    rows = []
    for i in sorted(here, key=lambda i: -found[i][1]):
        number, score, box, points = found[i]
        row = {'class': number, 'label': labels[number], 'score': round(float(score), 5), 'box': back(np.array(box).reshape(-1, 2)), 'stable': bool(score > confidence + .03 and i in low and i in high)}
        if points is not None:
            row['keypoints'] = back(np.array(points).reshape(-1, 2))
        rows.append(row)
    return rows


def undo(scale, offset):
    """From points of the input to numbers of the picture, x and y one after the other."""
    return lambda points: [round(float(v), 2) for v in ((points - np.float64(offset)) / np.float64(scale)).reshape(-1)]


def image_entry(file, image, scale, offset, numbers, rows):
    numbers = numbers.reshape(-1)
    statistics = {'n': int(numbers.size), 'mean': float(numbers.mean(dtype=np.float64)), 'first8': [float(v) for v in numbers[:8]]}
    return {'file': file, 'width': image.shape[1], 'height': image.shape[0], 'scale': list(scale), 'offset': list(offset), 'input': statistics, 'detections': rows}


def write(name, golden):
    with open(os.path.join(HERE, name + '.json'), 'w') as file:
        head = {key: value for key, value in golden.items() if key != 'images'}
        images = ',\n'.join('  ' + json.dumps(image) for image in golden['images'])
        file.write(json.dumps(head)[:-1] + ', "images": [\n' + images + '\n]}\n')
    print(name, len(golden['images']), 'pictures')
