import { type ErrorCode, hidePassword, StreamInferError } from '../../../base/index.js';
import { NOT_PLAYED } from '../../input-limits.js';

/** Texts of FFmpeg's errors, the telling ones first, and what each means for the user. Names of files stand in these texts too: no bare numbers. */
const OPEN_FAILURES: readonly (readonly [RegExp, ErrorCode])[] = [
  [/(returned|error|failed:) 40[13]\b|Server error: .*auth/i, 'SOURCE_AUTH_FAILED'],
  [/timed out$/im, 'SOURCE_TIMEOUT'],
  [/No such file or directory$|(returned|error|failed:) 404\b/im, 'SOURCE_NOT_FOUND'],
  [/does not contain any stream|matches no streams|Output file .* does not contain any/i, 'SOURCE_NO_VIDEO'],
  [/Decoder .*not found|no decoder found|Unsupported codec|Unknown decoder|Could not find codec parameters/i, 'SOURCE_CODEC_UNSUPPORTED'],
];

const NOT_WHITELISTED = /^Format not on whitelist/m;

/** Breaks of the line in the middle of a stream. Damaged data is none: FFmpeg goes on, or the stream is at its end. */
const READ_FAILURE = /Input\/output error|Connection (reset|refused)|timed out|Broken pipe|No route to host|Stream ends prematurely|partial file|End of file.*http|Server returned/i;

/** The program's messages that tell of a frame it could not decode, or only in part. */
const DAMAGE = /Error while decoding stream|Error submitting packet to decoder|Error decoding|^concealing \d+ DC/i;

/** Keeps what the program said that is worth telling, and counts the damage. */
export class StderrLog {
  #lines: string[] = [];
  #damaged = 0;
  #readFailure: string | undefined;

  /** Takes the next line (`-loglevel level+…`). */
  read(line: string): void {
    const match = /^((?:\[[^\]]* @ [^\]]*\] )*)\[(info|warning|error|fatal|panic)\] (.*)$/.exec(line);
    const text = match?.[3];
    if (text === undefined) return;
    if (DAMAGE.test(text)) this.#damaged++;
    // what broke off goes on where it was
    if (/^Will reconnect at/.test(text)) this.#readFailure = undefined;
    if (match?.[2] === 'warning' || match?.[2] === 'info') return;
    if (READ_FAILURE.test(text)) this.#readFailure = text;
    this.#lines = [...this.#lines.slice(-19), text];
  }

  /** Frames that could not be decoded, or only in part. */
  get damaged(): number {
    return this.#damaged;
  }

  /** What broke the stream off, if anything did. */
  get readFailure(): string | undefined {
    return this.#readFailure;
  }

  /** Why `location` could not be opened; `fallback` where the texts do not tell. */
  openError(location: string, fallback: ErrorCode = 'SOURCE_OPEN_FAILED'): StreamInferError {
    const text = this.#lines.join('\n');
    if (NOT_WHITELISTED.test(text)) return new StreamInferError('SOURCE_OPEN_FAILED', `open ${hidePassword(location)}: ${NOT_PLAYED}`);
    const code = OPEN_FAILURES.find(([pattern]) => pattern.test(text))?.[1] ?? fallback;
    return new StreamInferError(code, `open ${hidePassword(location)}: ${this.reason(code)}`);
  }

  /** The line that tells most, without passwords. */
  reason(code?: ErrorCode): string {
    const pattern = OPEN_FAILURES.find(([, known]) => known === code)?.[0];
    const line = this.#lines.find((text) => pattern?.test(text)) ?? this.#lines[0] ?? 'ffmpeg ended without a reason';
    return hidePassword(line);
  }
}
