import { codeFile, type CodeAlgoPlan, CODE_PARTS, type CodePart, compileCode } from '../base/index.js';
import type { AlgoContext, LaneAlgo } from './algo.js';
import { laneAlgoOf } from './lane-algo.js';
import { requireFrom } from './module-path.js';

/** What code typed into a node is told beside its frames. */
export type CodeContext = Pick<AlgoContext, 'name' | 'stream' | 'signal'> & {
  /** Kept from `Setup` to `Close`, and lost when the algo is started anew: what the code wants to remember. */
  readonly state: Record<string, unknown>;
  /** Into Node-RED's log (standard error). */
  readonly log: (text: unknown) => void;
  /** A warning of the node: in the log, and in the editor's debug sidebar. The same text is told once. */
  readonly warn: (text: unknown) => void;
};

/**
 * Opens an algo that was typed as text: its `Setup` is run. It may do whatever a module may; state kept is its own.
 * Throws `ALGO_OPEN_FAILED` with the line; its `run` throws `ALGO_RUN_FAILED`.
 */
export async function openCodeAlgo(plan: CodeAlgoPlan, given: { readonly stream: string; readonly onWarning: (message: string) => void }): Promise<LaneAlgo> {
  const { name, baseFolder: folder = process.cwd() } = plan;
  const require = requireFrom(folder);
  const [setup, run, close] = [compileCode('Setup', plan.setup, folder), compileCode('Run', plan.code, folder), compileCode('Close', plan.close, folder)];
  const own = {
    state: {},
    log: (text: unknown): void => { process.stderr.write(`[stream-algo:${name}] ${String(text)}\n`); },
    warn: (text: unknown): void => { given.onWarning(`${name}: ${String(text)}`); },
  };
  const contextOf = ({ stream, signal }: AlgoContext): CodeContext => ({ name, stream, signal, ...own });
  let life: CodeContext | undefined;
  const algo = {
    open: (context: AlgoContext) => {
      life = contextOf(context);
      return setup(life, require);
    },
    run: (frames: unknown, context: AlgoContext) => run(frames, contextOf(context), require),
    close: () => close(life, require),
  };
  const files = (Object.keys(CODE_PARTS) as CodePart[]).map((part) => codeFile(part, folder));
  return laneAlgoOf(algo, { name, stream: given.stream, kwargs: {}, files, description: { family: 'code' } });
}
