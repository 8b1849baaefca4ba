import { blazeface } from './blazeface.js';
import { centernet } from './centernet.js';
import { classify } from './classify.js';
import { detr } from './detr.js';
import { embed } from './embed.js';
import { end2end } from './end2end.js';
import { fastestdet } from './fastestdet.js';
import type { ModelFamily } from './family.js';
import { movenet } from './movenet.js';
import { nanodet } from './nanodet.js';
import { ppocr } from './ppocr.js';
import { raw } from './raw.js';
import { scrfd } from './scrfd.js';
import { semantic } from './semantic.js';
import { ssd } from './ssd.js';
import { tfod } from './tfod.js';
import { ultraface } from './ultraface.js';
import { yoloObb } from './yolo-obb.js';
import { yoloPose } from './yolo-pose.js';
import { yoloSeg } from './yolo-seg.js';
import { yolov5 } from './yolov5.js';
import { yolov8 } from './yolov8.js';
import { yolox } from './yolox.js';
import { yunet } from './yunet.js';

export type { DecodeContext, DetectorFamily, FamilyName, ModelFamily, Recognition } from './family.js';

/** The families that are understood, in the order of `MODEL_FAMILIES`. */
export const FAMILIES: readonly ModelFamily[] = [
  yolox, yolov5, yolov8, nanodet, fastestdet, end2end, centernet, detr, ssd, tfod,
  yunet, scrfd, ultraface, blazeface,
  yoloSeg, yoloPose, yoloObb, movenet, semantic, ppocr,
  classify, embed, raw,
];
