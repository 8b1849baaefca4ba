import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type IpcSocketConnectOpts, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where the bytes of the pipe go. */
export type PixelSink = {
  /** Memory for the next bytes, not empty. What is read lands in it without a copy, where the system can. */
  room(): Uint8Array;
  /** `chunk` came: the beginning of the last `room()`, or memory that must be copied. False stops the reading until `resume`. */
  take(chunk: Uint8Array): boolean;
  /** Nothing more will come. */
  end(): void;
};

/** The way that a child's standard output takes to us, with back-pressure: a sink that says stop makes the child wait. */
export interface PixelPipe {
  /** For `stdio[1]` of `spawn`. */
  readonly stdio: 'pipe' | Socket;
  /** To be called once, as soon as the child was spawned; nothing is read before `resume`. */
  attach(child: ChildProcess, sink: PixelSink): void;
  resume(): void;
  destroy(): void;
}

/**
 * Opens the fastest pipe there is. On POSIX a connected pair of unix sockets, of which our end reads straight into the
 * frame's memory (half the CPU of the 64 KiB chunks of a child's stdout); elsewhere the child's stdout.
 */
export function openPixelPipe(platform: NodeJS.Platform = process.platform): Promise<PixelPipe> {
  return platform === 'win32' ? Promise.resolve(stdoutPipe()) : openSocketPipe();
}

function stdoutPipe(): PixelPipe {
  let stdout: NodeJS.ReadableStream | null = null;
  return {
    stdio: 'pipe',
    attach: (child, sink) => {
      stdout = child.stdout;
      stdout?.on('data', (chunk: Buffer) => { if (!sink.take(chunk)) stdout?.pause(); });
      stdout?.on('end', () => { sink.end(); }).on('error', () => { sink.end(); });
      stdout?.pause();
    },
    resume: () => { stdout?.resume(); },
    destroy: () => { (stdout as Socket | null)?.destroy(); },
  };
}

async function openSocketPipe(): Promise<PixelPipe> {
  const state: { sink?: PixelSink } = {};
  // The first read needs memory before anybody knows how large a frame is; every later one asks the sink.
  const firstByte = Buffer.alloc(1);
  const { ours, theirs } = await openSocketPair({
    buffer: () => state.sink?.room() ?? firstByte,
    callback: (count: number, memory: Uint8Array) => state.sink?.take(memory.subarray(0, count)) ?? false,
  });
  return {
    stdio: theirs,
    attach: (_child, sink) => {
      state.sink = sink;
      ours.once('end', () => { sink.end(); }).once('error', () => { sink.end(); }).once('close', () => { sink.end(); });
      theirs.destroy(); // The child has its own handle; ours would keep the connection open after the child's end.
    },
    resume: () => { ours.resume(); },
    destroy: () => {
      theirs.destroy();
      ours.destroy();
    },
  };
}

// Node's types allow only Buffers where its code takes any Uint8Array.
type OnRead = { buffer: () => Uint8Array; callback: (count: number, memory: Uint8Array) => boolean };

/** Node has no `socketpair`, so both ends meet at a path that lives for a moment, in a folder that only we may enter. */
async function openSocketPair(onread: OnRead): Promise<{ ours: Socket; theirs: Socket }> {
  const folder = await mkdtemp(join(tmpdir(), 'stream-infer-'));
  const server = createServer({ pauseOnConnect: true });
  try {
    server.listen(join(folder, 'pixels'));
    await once(server, 'listening');
    const ours = connect({ path: join(folder, 'pixels'), onread } as IpcSocketConnectOpts);
    ours.pause();
    const [[theirs]] = (await Promise.all([once(server, 'connection'), once(ours, 'connect')])) as [[Socket], unknown];
    return { ours, theirs };
  } finally {
    server.close();
    await rm(folder, { recursive: true, force: true });
  }
}
