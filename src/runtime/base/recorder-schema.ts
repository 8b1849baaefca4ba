import { z } from 'zod';

/** Which results begin a clip. */
export const clipTriggerSchema = z.strictObject({
  /** Labels that count; empty: all. Default empty. */
  labels: z.array(z.string().min(1).max(256)).max(1000).default([]),
  /** Lowest score that counts, 0…1; things without a score always do. Default 0. */
  minScore: z.number().min(0).max(1).default(0),
  /** Things that must be there at once, in one result. Default 1. */
  minCount: z.int().min(1).max(10_000).default(1),
});
export type ClipTrigger = z.output<typeof clipTriggerSchema>;

/** Clips around events: what comes before, behind, and how long it may become. */
export const clipsSchema = z.strictObject({
  /** Seconds before the event; the clip begins at the key frame before them, at most a second earlier. 0…300. Default 5. */
  preRoll: z.number().min(0).max(300).default(5),
  /** Seconds behind the last event of the clip. 0…3600. Default 5. */
  postRoll: z.number().min(0).max(3600).default(5),
  /** Seconds after which a clip ends although events go on; the next one follows it. Raised to what one event takes. Default 120. */
  maxLength: z.number().min(1).max(86_400).default(120),
  /** MiB of encoded frames kept in memory for the time before an event. Default 64. */
  memoryMb: z.int().min(1).max(4096).default(64),
  /** Results of the recorder's algos that are events; absent: only messages are. */
  trigger: clipTriggerSchema.optional(),
});
export type ClipsPlan = z.output<typeof clipsSchema>;

/** What is kept of the frames delivered, in mp4 files. */
export const recorderSchema = z.strictObject({
  id: z.string().min(1).max(256),
  /**
   * Where the mp4 goes; `{stream}`, `{date}` (2026-01-31), `{time}` (23-59-59) and `{epoch}` are filled in, folders are made,
   * `.mp4` is added where it lacks. An existing file is not written over: `-2`, `-3` … is added.
   */
  path: z.string().trim().min(1, 'expected a path such as recordings/{stream}-{date}-{time}.mp4').max(4096),
  /** Folder that relative paths start from. Default: the process's working directory. */
  baseFolder: z.string().max(4096).optional(),
  /** Writes over an existing file of that name. Default false. */
  overwrite: z.boolean().default(false),
  /** Draws what the algos have found (boxes, masks, keypoints, labels, trails …), of those named in `algos`. Default true. */
  draw: z.boolean().default(true),
  /** Ids of the algos whose results are drawn; empty: all of the stream's. */
  algos: z.array(z.string()).default([]),
  /** x264's constant rate factor: 0 lossless … 51 worst. Default 23. */
  crf: z.int().min(0).max(51).default(23),
  /** x264's speed: faster makes bigger files for the same quality. Default veryfast. */
  preset: z.enum(['ultrafast', 'superfast', 'veryfast', 'faster', 'fast', 'medium', 'slow']).default('veryfast'),
  /** False: waits for a `start`. Default true. */
  enabled: z.boolean().default(true),
  /** `run`: one file from start to stop; `segments`: files of a length, without a gap between them; `clips`: files around events. Default run. */
  kind: z.enum(['run', 'segments', 'clips']).default('run'),
  /** Of `segments`: seconds of a file; the next one begins with the first frame after them. 1 … 86400. Default 600. */
  segmentLength: z.number().min(1).max(86_400).default(600),
  clips: clipsSchema.prefault({}),
  /** Seconds for which files are kept, counted from their last change; up to a million hours. Default: for ever. */
  keepFor: z.number().positive().max(3.6e9).optional(),
  /** Bytes that the recorder's files may have together, up to 10^15; the oldest ones are removed, the one being written never. Default: no limit. */
  keepSize: z.number().positive().max(1e15).optional(),
});
export type RecorderPlan = z.output<typeof recorderSchema>;
