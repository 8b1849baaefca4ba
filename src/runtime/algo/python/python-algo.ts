import { bytesPerPixel, checkExtent, type PythonAlgoPlan, StreamInferError, toWire } from '../../base/index.js';
import type { LaneAlgo, LaneFrame } from '../algo.js';
import { pixelsOf } from '../pixel-frame.js';
import { type PythonFrame, PythonProcess, type PythonReady } from './python-process.js';

/** Seconds that an algo may take to import what it needs and to load its models. */
const OPEN_SEC = 600;

/**
 * Opens a class of the Python library stream-infer, unchanged, in a process of its own. That process ends with the algo; where it
 * ends by itself, or is ended because a run took too long, `died` tells: a new algo has to be opened.
 * Throws `PYTHON_MISSING` (no interpreter, no numpy), `MODULE_LOAD_FAILED`, `ALGO_OPEN_FAILED`; its `run` throws `ALGO_RUN_FAILED`.
 */
export async function openPythonAlgo(plan: PythonAlgoPlan): Promise<LaneAlgo> {
  const { name, module, kwargs, python, baseFolder: folder = process.cwd() } = plan;
  const child = new PythonProcess(python, { name, folder });
  const timer = setTimeout(() => { child.kill(new StreamInferError('ALGO_OPEN_FAILED', `${name}: init took more than ${OPEN_SEC} s`)); }, OPEN_SEC * 1000);
  try {
    return laneAlgoOf(child, await child.open({ name, module, class: plan.class, folder, kwargs }));
  } catch (error) {
    await child.close();
    throw asOpening(error);
  } finally {
    clearTimeout(timer);
  }
}

/** A process that ends before it is ready has failed to open. */
function asOpening(error: unknown): StreamInferError {
  const { code, message } = toWire(error);
  return new StreamInferError(code === 'ALGO_RUN_FAILED' ? 'ALGO_OPEN_FAILED' : code, message, { cause: error });
}

function laneAlgoOf(child: PythonProcess, ready: PythonReady): LaneAlgo {
  return {
    needs: { kind: 'pixels' },
    description: { family: 'python', class: ready.class, python: ready.python, numpy: ready.numpy },
    died: child.died,
    run: async (frames, signal) => {
      signal.throwIfAborted();
      const onAbort = (): void => {
        // a run that is given up for a newer turn ends by itself, as native code does: to kill it would cost the algo's init
        const { code, message } = toWire(signal.reason, 'ALGO_RUN_FAILED');
        if (code === 'ALGO_TIMEOUT') child.kill(new StreamInferError(code, `${message}; Python is started anew`));
      };
      signal.addEventListener('abort', onAbort, { once: true });
      try {
        const result = await child.run(frames.map(asPythonFrame));
        checkExtent(result);
        return result;
      } finally {
        signal.removeEventListener('abort', onAbort);
      }
    },
    close: () => child.close(),
  };
}

function asPythonFrame(frame: LaneFrame): PythonFrame {
  const { width, height, format, data } = pixelsOf(frame);
  return { shape: [height, width, bytesPerPixel(format)], data };
}
