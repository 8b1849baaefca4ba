"""Goldens of what is said of a whole picture: vectors by OpenCV's DNN module, classes by ONNX Runtime's Python package."""
import cv2
import numpy as np
import onnxruntime

from support import model_path, place, read, tensor, write

IMAGENET = {'scale': 1 / 255, 'mean': [.485, .456, .406], 'std': [.229, .224, .225]}


def osnet():
    """Person re-identification: vectors of length 1."""
    net = cv2.dnn.readNetFromONNX(model_path('reid/osnet_x0_25_msmt17.onnx'))
    images = []
    for file in ('images/bus.jpg', 'images/zidane.jpg', 'images/frames/vtest_f0000.png', 'images/frames/one-by-one-person-detection_f0500.png'):
        net.setInput(tensor(place(read(file), 128, 256, 'stretch')[0], 'rgb', **IMAGENET))
        vector = net.forward()[0].astype(np.float64)
        images.append({'file': file, 'vector': [round(float(v), 5) for v in vector / np.linalg.norm(vector)]})
    write('osnet', {'model': 'models/reid/osnet_x0_25_msmt17.onnx', 'implementation': f'OpenCV {cv2.__version__} DNN', 'images': images})


def mobilenet():
    """Quantised classifier of ImageNet: the five best classes."""
    session = onnxruntime.InferenceSession(model_path('cls/mobilenet_v2_quant.onnx'), providers=['CPUExecutionProvider'])
    images = []
    # Logits come in steps of a quantum, which other JPEG decoders move by one or two: mostly PNG.
    for file in ('images/dog.jpg', 'images/frames/vtest_f0000.png', 'images/frames/vtest_f0699.png', 'images/frames/car-detection_f0040.png', 'images/frames/one-by-one-person-detection_f0500.png'):
        logits = session.run(None, {'input': tensor(place(read(file), 224, 224, 'stretch')[0], 'rgb', **IMAGENET)})[0][0].astype(np.float64)
        shares = np.exp(logits - logits.max())
        shares /= shares.sum()
        images.append({'file': file, 'classes': [{'class': int(i), 'score': round(float(shares[i]), 5)} for i in np.argsort(-shares)[:5]]})
    write('mobilenet', {'model': 'models/cls/mobilenet_v2_quant.onnx', 'implementation': f'ONNX Runtime {onnxruntime.__version__} (Python)', 'images': images})


if __name__ == '__main__':
    osnet()
    mobilenet()
