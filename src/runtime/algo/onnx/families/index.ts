import { centernet } from './centernet.js';
import { classify } from './classify.js';
import { detr } from './detr.js';
import { end2end } from './end2end.js';
import type { ModelFamily } from './family.js';
import { movenet } from './movenet.js';
import { nanodet } from './nanodet.js';
import { semantic } from './semantic.js';
import { ssd } from './ssd.js';
import { yoloObb } from './yolo-obb.js';
import { yoloPose } from './yolo-pose.js';
import { yoloSeg } from './yolo-seg.js';
import { yolov8 } from './yolov8.js';
import { yolox } from './yolox.js';

export type { DecodeContext, DetectorFamily, FamilyName, ModelFamily, Recognition } from './family.js';

/** The families that are understood, in the order of `MODEL_FAMILIES`. */
export const FAMILIES: readonly ModelFamily[] = [yolox, yolov8, nanodet, end2end, centernet, detr, ssd, yoloSeg, yoloPose, yoloObb, movenet, semantic, classify];
