import type { KnownLabels } from '../labels.js';

/** The one class of face detectors. */
export const FACE_LABELS: readonly KnownLabels[] = [{ from: 'faces', names: ['face'] }];

/** Five landmarks; right and left are those of the person, as in COCO. */
export const FIVE_LANDMARKS = ['right_eye', 'left_eye', 'nose', 'right_mouth', 'left_mouth'] as const;
/** Numbers of a face's five landmarks: x and y of each. */
export const FIVE_LANDMARK_VALUES = 10;
