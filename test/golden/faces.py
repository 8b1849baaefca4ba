"""Goldens of the face detectors: OpenCV's own FaceDetectorYN for YuNet, OpenCV's DNN module (ONNX Runtime where that fails) and NumPy for the others."""
import cv2
import numpy as np
import onnxruntime

from support import detections, image_entry, model_path, place, read, tensor, undo, write

IMAGES = ['images/zidane.jpg', 'images/bus.jpg', 'images/dog.jpg', 'images/hrnet_demo.jpg', 'images/rknn/retinaface_test.jpg', 'images/coco-other/000000570688.jpg',
          'images/coco-other/000000014439.jpg', 'images/coco/000000055299.jpg', 'images/coco/000000261888.jpg']


def of_onnxruntime(model):
    """ONNX Runtime (Python)"""
    session = onnxruntime.InferenceSession(model_path(model), providers=['CPUExecutionProvider'])
    names = [output.name for output in session.get_outputs()]
    return lambda numbers: dict(zip(names, session.run(None, {session.get_inputs()[0].name: numbers})))


def of_opencv(model):
    """OpenCV DNN"""
    net = cv2.dnn.readNetFromONNX(model_path(model))
    names = net.getUnconnectedOutLayersNames()

    def run(numbers):
        net.setInput(numbers)
        return dict(zip(names, net.forward(names)))
    return run


def yunet():
    width, height, confidence, iou = 320, 320, .6, .3
    images = []
    for file in IMAGES:
        image = read(file)
        canvas, scale, offset = place(image, width, height, 'letterbox-topleft')

        def faces(overlap):
            found = cv2.FaceDetectorYN.create(model_path('face/yunet_n_320_320.onnx'), '', (width, height), confidence, overlap, 5000).detect(canvas)[1]
            return [] if found is None else found.astype(np.float64)

        def box(row):
            return [row[0], row[1], row[0] + row[2], row[1] + row[3]]
        low, high = ([tuple(row) for row in faces(iou + change)] for change in (-.07, .07))
        back = undo(scale, offset)
        rows = [{'class': 0, 'label': 'face', 'score': round(float(row[14]), 5), 'box': back(np.array(box(row)).reshape(-1, 2)),
                 'stable': bool(row[14] > confidence + .03 and tuple(row) in low and tuple(row) in high), 'keypoints': back(row[4:14].reshape(-1, 2))}
                for row in faces(iou)]
        images.append(image_entry(file, image, scale, offset, tensor(canvas, 'bgr'), rows))
    write('yunet', {'model': 'models/face/yunet_n_320_320.onnx', 'implementation': f'OpenCV {cv2.__version__} FaceDetectorYN', 'input': {'mean': [0] * 3, 'std': [1] * 3, 'scale': 1},
                    'confidence': confidence, 'iou': iou, 'images': images})


def decoded(name, model, size, fit, numbers, decode, confidence, iou, runtime=of_opencv):
    """A golden of a model that `runtime` runs and `decode` reads as (scores, boxes, points) in pixels of the input."""
    run = runtime(model)
    images = []
    for file in IMAGES:
        image = read(file)
        canvas, scale, offset = place(image, *size, fit)
        given = tensor(canvas, **numbers)
        scores, boxes, points = decode(run(given))
        found = [(0, scores[i], boxes[i], None if points is None else points[i]) for i in np.flatnonzero(scores > confidence)]
        images.append(image_entry(file, image, scale, offset, given, detections(found, ['face'], confidence, iou, undo(scale, offset))))
    mean, std = ([v] * 3 for v in (numbers.get('mean', 0), numbers.get('std', 1)))
    write(name, {'model': 'models/' + model, 'implementation': f'{runtime.__doc__} and NumPy', 'input': {'mean': mean, 'std': std, 'scale': numbers.get('scale', 1)},
                 'confidence': confidence, 'iou': iou, 'images': images})


def read_ultraface(out):
    return out['scores'][0][:, 1], out['boxes'][0] * [320, 240, 320, 240], None


def read_scrfd(out):
    parts = []
    for level, stride in enumerate((8, 16, 32)):
        scores, sides, points = (out[f'out{level + 3 * kind}'].reshape(-1, count) for kind, count in enumerate((1, 4, 10)))
        cells = 640 // stride
        x, y = np.meshgrid(np.arange(cells), np.arange(cells))
        centres = np.repeat(np.stack([x, y], -1).reshape(-1, 2), 2, axis=0) * stride
        boxes = np.concatenate([centres - sides[:, :2] * stride, centres + sides[:, 2:] * stride], 1)
        parts.append((scores[:, 0], boxes, np.tile(centres, 5) + points * stride))
    return tuple(np.concatenate(column) for column in zip(*parts))


def read_blazeface(out):
    by_shape = {value.shape[1:]: value[0].astype(np.float64) for value in out.values()}
    scores = np.concatenate([by_shape[512, 1], by_shape[384, 1]])[:, 0]
    values = np.concatenate([by_shape[512, 16], by_shape[384, 16]])
    centres = []
    for cells, anchors in ((16, 2), (8, 6)):
        x, y = np.meshgrid(np.arange(cells), np.arange(cells))
        centres.append(np.repeat(np.stack([x, y], -1).reshape(-1, 2) + .5, anchors, axis=0) * 256 / cells)
    centres = np.concatenate(centres)
    middle, half = values[:, :2] + centres, values[:, 2:4] / 2
    return 1 / (1 + np.exp(-np.clip(scores, -100, 100))), np.concatenate([middle - half, middle + half], 1), np.tile(centres, 6) + values[:, 4:]


if __name__ == '__main__':
    yunet()
    decoded('ultraface', 'face/ultraface_RFB-320.onnx', (320, 240), 'stretch', {'mean': 127, 'std': 128}, read_ultraface, .6, .3)
    decoded('scrfd', 'face/scrfd_500m_kps.onnx', (640, 640), 'letterbox-topleft', {'mean': 127.5, 'std': 128}, read_scrfd, .5, .4)
    decoded('blazeface', 'from-npm/blazeface.onnx', (256, 256), 'letterbox-center', {'scale': 1 / 127.5, 'mean': 1, 'layout': 'NHWC'}, read_blazeface, .5, .3, of_onnxruntime)
