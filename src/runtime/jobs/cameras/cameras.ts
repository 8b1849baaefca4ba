import { join } from 'node:path';

import { fromWire, StreamInferError, type WireError } from '../../base/index.js';
import { askProcess, endOf } from '../../work/index.js';

/** A camera that has answered. */
export type FoundCamera = {
  /** URL of its device service, where `streamsOfCamera` asks. */
  readonly address: string;
  /** What it calls itself, else its host. */
  readonly name: string;
};

export type CameraStream = {
  /** Of its media profile. */
  readonly name: string;
  /** For a source; without user and password. */
  readonly location: string;
  /** As the camera writes it: `H264`, `JPEG`. */
  readonly codec?: string;
  /** Pixels. */
  readonly width?: number;
  readonly height?: number;
  /** Frames a second at most. */
  readonly fps?: number;
};

export type CameraReport = {
  /** At least one. */
  readonly streams: readonly CameraStream[];
};

/** What the process that asks is asked, once. */
export type CamerasRequest = { readonly memoryLimitMib: number } & (
  | { readonly what: 'find'; readonly seconds: number }
  | { readonly what: 'ask'; readonly address: string; readonly username?: string | undefined; readonly password?: string | undefined }
);
export type CamerasReply = { readonly cameras: readonly FoundCamera[] } | { readonly report: CameraReport } | { readonly error: WireError };

/** What anybody in the network may answer is read in a process of its own, with no more memory than this. */
const MEMORY_MIB = 512;
/** Seconds beyond those that were asked for: the process has to start. */
const START_SEC = 10;
/** Seconds in which a camera has to tell all its streams. */
const ASK_SEC = 45;

/**
 * The cameras of the networks that this machine is in, by ONVIF's discovery (multicast, which crosses no router and few containers).
 * Throws `BACKEND_MISSING` where the package onvif is not installed.
 * @param options.seconds How long answers are waited for, 0.1…60. Default 4.
 */
export async function findCameras({ seconds = 4, signal }: { readonly seconds?: number; readonly signal?: AbortSignal } = {}): Promise<readonly FoundCamera[]> {
  const reply = await ask({ what: 'find', seconds, memoryLimitMib: MEMORY_MIB }, { timeout: seconds + START_SEC, signal });
  return 'cameras' in reply ? reply.cameras : [];
}

/**
 * The streams of a camera, by ONVIF. Throws `OPTION_INVALID` for an address that is none, `SOURCE_AUTH_FAILED`, `SOURCE_TIMEOUT`,
 * `SOURCE_OPEN_FAILED`, `SOURCE_NO_VIDEO` where it has no RTSP stream, and `BACKEND_MISSING`.
 * @param camera.address Host, host with port, or URL of its device service.
 */
export async function streamsOfCamera(camera: { readonly address: string; readonly username?: string; readonly password?: string }, signal?: AbortSignal): Promise<CameraReport> {
  const reply = await ask({ what: 'ask', ...camera, memoryLimitMib: MEMORY_MIB }, { timeout: ASK_SEC, signal });
  return 'report' in reply ? reply.report : { streams: [] };
}

async function ask(request: CamerasRequest, { timeout, signal }: { readonly timeout: number; readonly signal: AbortSignal | undefined }): Promise<Exclude<CamerasReply, { error: unknown }>> {
  const reply = await askProcess<CamerasRequest, CamerasReply>({
    entry: join(__dirname, 'cameras-process.js'),
    request,
    timeout,
    onTimeout: () => new StreamInferError('SOURCE_TIMEOUT', `no answer within ${timeout} s`),
    onDeath: (how) => new StreamInferError('SOURCE_OPEN_FAILED', `the process that asked ended: ${endOf(how, MEMORY_MIB)}: what it was answered is too much, or made to do harm`),
    signal,
  });
  if ('error' in reply) throw fromWire(reply.error);
  return reply;
}
