import { mkdir, open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { hidePassword, StreamInferError } from '../../base/index.js';
import { isFile, moveInto } from '../model-cache.js';
import type { CatalogueEntry } from './entries.js';
import { openUrl } from './open-url.js';
import { claimPartFile, sha256Of } from './part-file.js';

export type DownloadProgress = { readonly receivedBytes: number; readonly totalBytes: number };

export type DownloadOptions = {
  /** Folder of the cache; made where it lacks. */
  readonly cacheFolder: string;
  /** Called at the start and with every piece that comes in. */
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Rejects with the signal's reason; what came in so far is kept for the next time. */
  readonly signal?: AbortSignal;
  /** Another place that has the entry's file as `NAME.onnx`: a mirror. https, or http on this machine itself. */
  readonly baseUrl?: string | undefined;
};

type Job = { readonly entry: CatalogueEntry; readonly url: string; readonly options: DownloadOptions };

/** Downloads under way in this thread, by the file they make. */
const underWay = new Map<string, Promise<string>>();

/**
 * Fetches a model of the catalogue once and gives its path; a model that is there already is not fetched again. The
 * file appears under its name only after size and SHA-256 were found right; one that broke off goes on where it ended.
 * Throws `MODEL_DOWNLOAD_FAILED`, and `OPTION_INVALID` where `baseUrl` is no URL.
 */
export async function downloadModel(entry: CatalogueEntry, options: DownloadOptions): Promise<string> {
  const target = join(options.cacheFolder, 'models', `${entry.name}-${entry.sha256.slice(0, 12)}.onnx`);
  if (await isFile(target, entry.bytes)) return target;
  const known = underWay.get(target);
  if (known !== undefined) return known;
  const url = options.baseUrl === undefined ? entry.url : mirrorUrl(entry, options.baseUrl);
  const download = fetchInto(target, { entry, url, options }).finally(() => underWay.delete(target));
  underWay.set(target, download);
  return download;
}

function mirrorUrl(entry: CatalogueEntry, baseUrl: string): string {
  if (!URL.canParse(baseUrl)) throw new StreamInferError('OPTION_INVALID', `baseUrl: expected the URL of a mirror, got ${hidePassword(baseUrl)}`);
  const base = new URL(baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`);
  if (base.username !== '' || base.password !== '') throw new StreamInferError('OPTION_INVALID', `baseUrl: a mirror has no user and password, got those of ${base.host}`);
  return new URL(`${entry.name}.onnx`, base).href;
}

async function fetchInto(target: string, job: Job): Promise<string> {
  const { entry, url, options } = job;
  try {
    await mkdir(join(options.cacheFolder, 'models'), { recursive: true });
    const part = await claimPartFile(target);
    await fetchRest(part.path, part.bytes, job);
    await verify(part.path, job);
    await moveInto(part.path, target);
    return target;
  } catch (cause) {
    options.signal?.throwIfAborted();
    const reason = cause instanceof Error ? describe(cause) : String(cause);
    throw new StreamInferError('MODEL_DOWNLOAD_FAILED', `download ${entry.name} from ${url}: ${reason}`, { cause });
  }
}

/** Goes on as long as each try brings something in: a line that breaks off now and then still gets there. */
async function fetchRest(path: string, bytesThere: number, job: Job): Promise<void> {
  const { entry, options } = job;
  let bytes = bytesThere > entry.bytes ? 0 : bytesThere;
  while (bytes < entry.bytes) {
    let broken: unknown = new Error(`it broke off at byte ${bytes} of ${entry.bytes}`);
    try {
      await fetchPiece(path, bytes, job);
    } catch (error) {
      if (error instanceof StreamInferError || options.signal?.aborted === true) throw error;
      broken = error;
    }
    const now = (await stat(path).catch(() => undefined))?.size ?? 0;
    if (now <= bytes) throw broken;
    bytes = now;
  }
}

async function fetchPiece(path: string, from: number, job: Job): Promise<void> {
  const { entry, options } = job;
  const response = await openUrl(job.url, { from, ...(options.signal && { signal: options.signal }) });
  const start = response.status === 206 ? from : 0;
  if (response.body === null) throw new Error('the server sent nothing');
  await using file = await open(path, start > 0 ? 'a' : 'w');
  let receivedBytes = start;
  const totalBytes = entry.bytes;
  options.onProgress?.({ receivedBytes, totalBytes });
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    receivedBytes += chunk.length;
    if (receivedBytes > totalBytes) {
      await rm(path, { force: true });
      throw failed(`it sends more than the ${totalBytes} bytes that the catalogue tells`);
    }
    await file.writeFile(chunk);
    options.onProgress?.({ receivedBytes, totalBytes });
  }
}

/** A file that is not what the catalogue tells is thrown away. */
async function verify(path: string, job: Job): Promise<void> {
  const sum = await sha256Of(path, job.options.signal);
  if (sum === job.entry.sha256) return;
  await rm(path, { force: true });
  throw failed(`the file is not the one that the catalogue tells: SHA-256 ${sum}, expected ${job.entry.sha256}`);
}

function failed(reason: string): StreamInferError {
  return new StreamInferError('MODEL_DOWNLOAD_FAILED', reason);
}

/** `fetch` hides the reason (no such host, connection refused) in the cause. */
function describe(error: Error): string {
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
