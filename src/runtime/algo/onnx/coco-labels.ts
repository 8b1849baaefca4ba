import { numberedName } from './metadata-text.js';

/** The 80 classes of COCO, in the order detectors trained on it number them. */
export const COCO_LABELS: readonly string[] = [
  'person', 'bicycle', 'car', 'motorcycle', 'airplane', 'bus', 'train', 'truck', 'boat', 'traffic light',
  'fire hydrant', 'stop sign', 'parking meter', 'bench', 'bird', 'cat', 'dog', 'horse', 'sheep', 'cow', 'elephant',
  'bear', 'zebra', 'giraffe', 'backpack', 'umbrella', 'handbag', 'tie', 'suitcase', 'frisbee', 'skis', 'snowboard',
  'sports ball', 'kite', 'baseball bat', 'baseball glove', 'skateboard', 'surfboard', 'tennis racket', 'bottle',
  'wine glass', 'cup', 'fork', 'knife', 'spoon', 'bowl', 'banana', 'apple', 'sandwich', 'orange', 'broccoli', 'carrot',
  'hot dog', 'pizza', 'donut', 'cake', 'chair', 'couch', 'potted plant', 'bed', 'dining table', 'toilet', 'tv',
  'laptop', 'mouse', 'remote', 'keyboard', 'cell phone', 'microwave', 'oven', 'toaster', 'sink', 'refrigerator',
  'book', 'clock', 'vase', 'scissors', 'teddy bear', 'hair drier', 'toothbrush',
];

/** Numbers from 1 to 90 that COCO gave to no class. */
const COCO_GAPS: readonly number[] = [12, 26, 29, 30, 45, 66, 68, 69, 71, 83];

/** The same classes at COCO's own numbers, as TensorFlow's detectors count them: number `id` of its label map is at `id - 1`. */
export const COCO_90_LABELS: readonly string[] = withGaps();

function withGaps(): string[] {
  const names = COCO_LABELS.values();
  return Array.from({ length: 90 }, (_, i) => (COCO_GAPS.includes(i + 1) ? numberedName(i) : (names.next().value ?? numberedName(i))));
}

/** The 17 keypoints of a person in COCO, in its order; left and right are the person's own. */
export const COCO_KEYPOINTS: readonly string[] = [
  'nose', 'left_eye', 'right_eye', 'left_ear', 'right_ear', 'left_shoulder', 'right_shoulder', 'left_elbow', 'right_elbow',
  'left_wrist', 'right_wrist', 'left_hip', 'right_hip', 'left_knee', 'right_knee', 'left_ankle', 'right_ankle',
];
