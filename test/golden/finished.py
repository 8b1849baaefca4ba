"""Golden of detectors that are fed a stretched picture: YOLOX-nano by OpenCV's DNN module, whose weights the variants in other layouts share."""
import cv2
import numpy as np

from support import detections, image_entry, model_path, place, read, tensor, undo, write

IMAGES = ['images/bus.jpg', 'images/zidane.jpg', 'images/dog.jpg', 'images/coco/000000184324.jpg', 'images/coco/000000005001.jpg', 'images/frames/vtest_f0000.png',
          'images/frames/vtest_f0199.png', 'images/frames/one-by-one-person-detection_f0500.png']
SIDE, CONFIDENCE, IOU = 416, .3, .45


def decode(rows):
    grid, strides = [], []
    for stride in (8, 16, 32):
        cells = SIDE // stride
        x, y = np.meshgrid(np.arange(cells), np.arange(cells))
        grid.append(np.stack([x, y], -1).reshape(-1, 2))
        strides.append(np.full((cells * cells, 1), stride))
    grid, strides = np.concatenate(grid), np.concatenate(strides)
    middle, half = (rows[:, :2] + grid) * strides, np.exp(rows[:, 2:4]) * strides / 2
    return np.concatenate([middle - half, middle + half], 1), rows[:, 4:5] * rows[:, 5:]


if __name__ == '__main__':
    net = cv2.dnn.readNetFromONNX(model_path('det/yolox_nano_416.onnx'))
    images = []
    for file in IMAGES:
        image = read(file)
        canvas, scale, offset = place(image, SIDE, SIDE, 'stretch')
        given = tensor(canvas, 'bgr')
        net.setInput(given)
        boxes, scores = decode(net.forward()[0])
        best = scores.argmax(1)
        found = [(int(best[i]), scores[i, best[i]], boxes[i], None) for i in np.flatnonzero(scores.max(1) > CONFIDENCE)]
        images.append(image_entry(file, image, scale, offset, given, detections(found, [str(i) for i in range(80)], CONFIDENCE, IOU, undo(scale, offset))))
    write('yolox_nano_stretched', {'model': 'models/det/yolox_nano_416.onnx', 'implementation': f'OpenCV {cv2.__version__} DNN and NumPy', 'input': {'mean': [0] * 3, 'std': [1] * 3, 'scale': 1},
                                   'confidence': CONFIDENCE, 'iou': IOU, 'images': images})
