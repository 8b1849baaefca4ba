import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { startChild, type TestChild } from './child.js';

export type Received = { readonly id: string; readonly algo: string; readonly frame: { readonly index: number } };

/** A server for results in a process of its own, which dies and comes back on the same port. */
export class Receiver {
  readonly #file: string;
  #child: TestChild | undefined;
  #port = 0;

  constructor(file: string) {
    this.#file = file;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/results`;
  }

  async start(): Promise<void> {
    this.#child = startChild(process.execPath, [join(__dirname, 'receiver-server.cjs'), String(this.#port), this.#file]);
    const [, port] = await this.#child.waitForLine(/^ready (\d+)$/);
    this.#port = Number(port);
  }

  /** By SIGKILL, in the middle of whatever it does. */
  async kill(): Promise<void> {
    await this.#child?.stop();
  }

  freeze(): void {
    this.#child?.process.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.process.kill('SIGCONT');
  }

  /** All that it has got, doubles included; a line that a kill has cut off was not answered for. */
  get received(): readonly Received[] {
    if (!existsSync(this.#file)) return [];
    return readFileSync(this.#file, 'utf8').split('\n').slice(0, -1).flatMap((line) => {
      try {
        return [JSON.parse(line) as Received];
      } catch {
        return [];
      }
    });
  }
}
