import { type ProducerOptions, type SourceOptions, StreamInferError } from '../base/index.js';
import type { MediaBackend, SourceInfo } from './backend.js';

export type BackendOptions = Pick<ProducerOptions, 'backend' | 'ffmpegPath'>;

/** A backend that works, and where it is the second choice, why the first does not. */
export type OpenedBackend = { readonly backend: MediaBackend; readonly fallbackReason?: string };

/** Opens the backend asked for; `auto`: libav, else the ffmpeg program. Throws `BACKEND_MISSING` with each one's reason. */
export async function openBackend(producer: BackendOptions): Promise<OpenedBackend> {
  switch (producer.backend) {
    case 'libav':
      return { backend: await orMissing(() => openLibav()) };
    case 'ffmpeg':
      return { backend: await orMissing(() => openFfmpeg(producer)) };
    case 'auto':
      return openFirst(producer);
  }
}

async function openFirst(producer: BackendOptions): Promise<OpenedBackend> {
  try {
    return { backend: await openLibav() };
  } catch (error) {
    const fallbackReason = `libav: ${messageOf(error)}`;
    const backend = await orMissing(() => openFfmpeg(producer), fallbackReason);
    return { backend, fallbackReason };
  }
}

async function openLibav(): Promise<MediaBackend> {
  const { openLibavBackend } = await import('./backends/libav/index.js');
  return openLibavBackend();
}

async function openFfmpeg({ ffmpegPath }: BackendOptions): Promise<MediaBackend> {
  const { openFfmpegBackend } = await import('./backends/ffmpeg/index.js');
  return openFfmpegBackend(ffmpegPath === undefined ? {} : { ffmpegPath });
}

async function orMissing(open: () => Promise<MediaBackend>, before?: string): Promise<MediaBackend> {
  try {
    return await open();
  } catch (cause) {
    const reasons = [...(before === undefined ? [] : [before]), messageOf(cause)];
    throw new StreamInferError('BACKEND_MISSING', `nothing here decodes video: ${reasons.join('; ')}`, { cause });
  }
}

/** A loader's message without the path of our file that asked for the package. */
function messageOf(error: unknown): string {
  return (error as Error).message.replace(/ imported from \S+/, '');
}

/** What is in a source. Opens and closes it; throws the `SOURCE_…` errors. */
export async function probe(source: SourceOptions, options: BackendOptions): Promise<SourceInfo> {
  const { producerSchema } = await import('../base/plan.js');
  const { backend } = await openBackend(options);
  const decoder = await backend.openDecoder({ source, producer: producerSchema.parse({ ...options }), threads: 1, realtime: false });
  await decoder.close();
  return decoder.info;
}
