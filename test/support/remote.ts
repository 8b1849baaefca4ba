import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { AlgoState, LaneAlgo, LaneFrame } from '../../dist/runtime/algo/index.js';
import { openRemoteAlgo } from '../../dist/runtime/algo/remote/remote-algo.js';
import { algoSchema, type RemoteAlgoPlan } from '../../dist/runtime/base/plan.js';

/** A plan of a remote algo; what is not given is as small and quick as tests want it. */
export function remotePlan(given: Record<string, unknown>): RemoteAlgoPlan {
  return algoSchema.parse({ kind: 'remote', id: 'r', name: 'far', retries: 0, timeout: 10, ...given }) as RemoteAlgoPlan;
}

export async function openRemote(given: Record<string, unknown>, onState: (state: AlgoState) => void = () => undefined): Promise<LaneAlgo> {
  return await openRemoteAlgo(remotePlan(given), { stream: 'camera', media: { backend: 'auto' }, onState });
}

/** One frame of 4 × 2 pixels, all of that value. */
export function smallFrame(value = 200): LaneFrame {
  const info = { index: 7, sourceIndex: 12, ptsUs: 1_500_000, width: 8, height: 4 };
  return { kind: 'pixels', info, width: 4, height: 2, format: 'bgr24', data: new Uint8Array(24).fill(value).buffer };
}

export type Asked = { readonly method: string; readonly path: string; readonly headers: IncomingMessage['headers']; readonly body: Buffer };

/** A server that answers as a test wants it, and remembers what it was asked. */
export class AnyServer {
  readonly asked: Asked[] = [];
  readonly url: string;
  readonly #server: ReturnType<typeof createServer>;

  private constructor(server: ReturnType<typeof createServer>) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(answer: (asked: Asked, response: ServerResponse) => void, port = 0): Promise<AnyServer> {
    const server = createServer((request, response) => {
      const pieces: Buffer[] = [];
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('end', () => {
        const asked = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body: Buffer.concat(pieces) };
        any.asked.push(asked);
        answer(asked, response);
      });
    });
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
    const any = new AnyServer(server);
    return any;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
