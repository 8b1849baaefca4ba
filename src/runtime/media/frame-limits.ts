import { MAX_FRAME_PIXELS, MAX_FRAME_SIDE, MAX_STREAMS_IN_FILE, StreamInferError } from '../base/index.js';

/** Throws `SOURCE_OPEN_FAILED` for frames that are larger than is taken; `what` was tried, without password: "open cars.mp4". */
export function checkFrameSize(what: string, { width, height }: { readonly width: number; readonly height: number }): void {
  if (width <= MAX_FRAME_SIDE && height <= MAX_FRAME_SIDE && width * height <= MAX_FRAME_PIXELS) return;
  throw new StreamInferError('SOURCE_OPEN_FAILED', `${what}: its frames have ${width} × ${height} pixels, at most ${MAX_FRAME_SIDE} × ${MAX_FRAME_SIDE} are taken: make them smaller first (ffmpeg -i … -vf scale=${MAX_FRAME_SIDE / 4}:-2 …)`);
}

/** Throws `SOURCE_OPEN_FAILED` for a file of more streams than are taken; `what` as above. */
export function checkStreamCount(what: string, streams: number): void {
  if (streams <= MAX_STREAMS_IN_FILE) return;
  throw new StreamInferError('SOURCE_OPEN_FAILED', `${what}: it has ${streams} streams, at most ${MAX_STREAMS_IN_FILE} are taken: copy the one that is wanted first (ffmpeg -i … -map 0:v:0 -c copy …)`);
}
