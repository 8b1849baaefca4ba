import { z } from 'zod';

/*
 * What models give, one JSON shape for each task. `schemas/` holds the same as JSON Schema, made from here by `npm run schemas`.
 * Coordinates are pixels of the source's frame as displayed, floats, from its upper left corner.
 */

/** What models are for. */
export const TASKS = [
  'object-detection',
  'pose-estimation',
  'oriented-detection',
  'instance-segmentation',
  'semantic-segmentation',
  'text',
  'image-classification',
  'image-feature-extraction',
  'raw',
] as const;
export type TaskName = (typeof TASKS)[number];

const label = z.string().describe('Name of the class; "class N" where it has none.');
const classId = z.int().min(0).describe("The model's number of the class, from 0.");
const score = z.number().min(0).max(1).describe('How sure the model is.');

const box = z
  .object({ xmin: z.number(), ymin: z.number(), xmax: z.number(), ymax: z.number() })
  .describe("Pixels of the source's frame, maxima outside; clipped to the frame.");

/** A named place of a thing: a joint, a corner of the mouth. */
export const keypointSchema = z.object({
  name: z.string().describe('COCO\'s name where the model tells no other; "0", "1" … where there is none.'),
  x: z.number().describe("Pixels of the source's frame, clipped to the frame."),
  y: z.number(),
  score: score.exactOptional().describe('How sure the model is that it can be seen; absent where the model does not say.'),
});

/** A thing found; the shape of transformers.js' object-detection pipeline, with more beside. */
export const detectionSchema = z.object({
  label,
  score,
  box,
  classId,
  trackId: z.int().exactOptional().describe('The same for the same thing in later results; only with a tracker.'),
  zones: z.array(z.string()).exactOptional().describe('Names of the zones that it stands in; only where the algo has zones.'),
  crossed: z
    .array(z.object({ line: z.string(), direction: z.enum(['in', 'out']) }))
    .exactOptional()
    .describe("Lines that it has crossed since it was seen last, `in` to their right, seen from where they begin; only where the algo has lines."),
  keypoints: z.array(keypointSchema).exactOptional().describe('Landmarks, of models that find them.'),
  parts: z
    .record(z.string(), z.unknown())
    .exactOptional()
    .describe("By algo name, what algos found in its crop, of those that run on crops; places are in pixels of the source's frame."),
});

const polygonPoint = z.tuple([z.number(), z.number()]);

/** A detection that lies at an angle; `box` is the upright box around it. */
export const orientedDetectionSchema = detectionSchema.extend({
  rotatedBox: z
    .object({
      cx: z.number(),
      cy: z.number(),
      width: z.number(),
      height: z.number(),
      angle: z.number().describe("Radians from the frame's x axis to the side `width`, clockwise as seen; 0 ≤ angle < π/2."),
    })
    .describe('Centre and sides in pixels; may reach out of the frame.'),
  polygon: z.tuple([polygonPoint, polygonPoint, polygonPoint, polygonPoint]).describe('Its corners as x, y, clockwise as seen; may lie outside of the frame.'),
});

/** A line of text that was read. As a detection it is labelled with its text. */
export const readTextSchema = detectionSchema.omit({ keypoints: true }).extend({
  label: z.string().describe('The text.'),
  text: z.string().min(1).describe('What is read.'),
  score: score.describe('How sure the model is of what it read: the mean over the characters.'),
  polygon: z.tuple([polygonPoint, polygonPoint, polygonPoint, polygonPoint]).describe('Its corners as x, y, clockwise as seen, from where reading begins; may lie outside of the frame.'),
});

/** Which pixels belong to a thing, in COCO's two ways. */
export const segmentationSchema = z.object({
  polygons: z.array(z.array(z.number()).min(6)).describe("Outlines x1, y1, x2, y2 … in pixels of the source's frame, one for each part; holes are filled."),
  rle: z
    .object({
      size: z.tuple([z.int().min(1), z.int().min(1)]).describe("Height and width of the source's frame."),
      counts: z.string().describe("COCO's compressed run lengths of all pixels, column by column, as pycocotools reads them; holes are holes."),
    })
    .describe('The mask.'),
});

/** A detection with its mask. */
export const segmentedDetectionSchema = detectionSchema.extend({ segmentation: segmentationSchema });

/** All pixels of one class; `label` and `score` as transformers.js' image-segmentation pipeline has them. */
export const semanticSegmentSchema = z.object({
  label,
  classId,
  score: z.null().describe('Semantic segmentation has no score.'),
  share: z.number().min(0).max(1).describe('Part of the picture that is of this class.'),
  segmentation: segmentationSchema,
});

/** A class of the whole picture; the shape of transformers.js' image-classification pipeline, with `classId` beside. */
export const classificationSchema = z.object({ label, score, classId });

/** Numbers with a shape. */
export const tensorSchema = z.object({
  type: z.string().describe('What the model computes with: "float32", "int64" … .'),
  dims: z.array(z.int().min(0)).describe('Length of each side.'),
  data: z.array(z.number()).describe('All numbers, the last side running fastest; of float32 precision.'),
});

/** A tensor as a model gave it. */
export const rawTensorSchema = tensorSchema.extend({
  data: z.array(z.number().nullable()).describe('All numbers, the last side running fastest; of float32 precision; null for what is no finite number.'),
});

/** The result of one run, by the model's task; best first, text in reading order. */
export const RESULT_SCHEMAS = {
  'object-detection': z.array(detectionSchema),
  'pose-estimation': z.array(detectionSchema.extend({ keypoints: z.array(keypointSchema) })),
  'oriented-detection': z.array(orientedDetectionSchema),
  'instance-segmentation': z.array(segmentedDetectionSchema),
  'semantic-segmentation': z.array(semanticSegmentSchema),
  text: z.array(readTextSchema),
  'image-classification': z.array(classificationSchema),
  'image-feature-extraction': tensorSchema.describe('One vector, of length 1.'),
  raw: z.record(z.string(), rawTensorSchema).describe("By the output's name."),
} as const satisfies Record<TaskName, z.ZodType>;

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

export type Keypoint = DeepReadonly<z.output<typeof keypointSchema>>;
export type Detection = DeepReadonly<z.output<typeof detectionSchema>>;
export type OrientedDetection = DeepReadonly<z.output<typeof orientedDetectionSchema>>;
export type ReadText = DeepReadonly<z.output<typeof readTextSchema>>;
export type Segmentation = DeepReadonly<z.output<typeof segmentationSchema>>;
export type SegmentedDetection = DeepReadonly<z.output<typeof segmentedDetectionSchema>>;
export type SemanticSegment = DeepReadonly<z.output<typeof semanticSegmentSchema>>;
export type Classification = DeepReadonly<z.output<typeof classificationSchema>>;
export type Tensor = DeepReadonly<z.output<typeof tensorSchema>>;
export type RawTensor = DeepReadonly<z.output<typeof rawTensorSchema>>;

/** The result of one run of a model. */
export type TaskResult = DeepReadonly<z.output<(typeof RESULT_SCHEMAS)[TaskName]>>;

/** The shape of a task's results as JSON Schema (draft 2020-12), the same as in `schemas/`. */
export function resultJsonSchema(task: TaskName): Record<string, unknown> {
  return { $id: `https://github.com/stream-infer/node-red/schemas/${task}.schema.json`, title: `Result of ${task}`, ...z.toJSONSchema(RESULT_SCHEMAS[task]) };
}
