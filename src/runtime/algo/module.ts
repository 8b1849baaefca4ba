import type { ModuleAlgoPlan } from '../base/index.js';
import { StreamInferError } from '../base/index.js';
import type { LaneAlgo } from './algo.js';
import { laneAlgoOf, type UserAlgo, whatAndWhere } from './lane-algo.js';
import { loadModule } from './module-loader.js';

/**
 * Opens a user's algo from a module (CommonJS, ESM or TypeScript). The module
 * is read afresh each time. Runs it has no time limit for: that is the lane's.
 * Throws `MODULE_LOAD_FAILED` where the file or its algo is missing, `ALGO_OPEN_FAILED` where the algo itself fails.
 */
export async function openModuleAlgo(plan: ModuleAlgoPlan, context: { readonly stream: string }): Promise<LaneAlgo> {
  const { file, exports } = await loadModule(plan.module, plan.baseFolder ?? process.cwd());
  const exported = plan.export === undefined ? onlyAlgo(exports, plan.module) : namedAlgo(exports, plan.export, plan.module);
  const { name, kwargs } = plan;
  return laneAlgoOf(makeAlgo(exported, plan, file), { name, stream: context.stream, kwargs, files: [file] });
}

type AlgoClass = new (kwargs: Readonly<Record<string, unknown>>) => UserAlgo;
/** The three things that can be an algo: a class, an object with `run`, a function that is `run`. */
type Exported = AlgoClass | UserAlgo | UserAlgo['run'];

function makeAlgo(exported: Exported, plan: ModuleAlgoPlan, file: string): UserAlgo {
  if (typeof exported !== 'function') return exported;
  if (!isAlgoClass(exported)) return { run: exported };
  try {
    return new exported(plan.kwargs);
  } catch (cause) {
    throw new StreamInferError('ALGO_OPEN_FAILED', `${plan.name}: new ${exported.name}: ${whatAndWhere(cause, [file])}`, { cause });
  }
}

function namedAlgo(exports: Readonly<Record<string, unknown>>, name: string, module: string): Exported {
  const found = Object.hasOwn(exports, name) ? exports[name] : undefined;
  if (isAlgo(found)) return found;
  const reason = found === undefined ? `exports no ${name}` : `exports ${name}, which is no algo (a class or object with run, or a function)`;
  throw failed(exports, module, reason);
}

/** `default`, else the module itself where it exports `run`, else the one export that looks like an algo. */
function onlyAlgo(exports: Readonly<Record<string, unknown>>, module: string): Exported {
  if (isAlgo(exports['default'])) return exports['default'];
  if (hasRun(exports)) return exports;
  const algos = Object.values(exports).filter((value) => isAlgoClass(value) || hasRun(value));
  const found = algos.length > 0 ? algos : Object.values(exports).filter(isAlgo);
  const [only] = found;
  if (found.length === 1 && isAlgo(only)) return only;
  throw failed(exports, module, found.length === 0 ? 'exports no algo (a class or object with run, or a function)' : 'exports several algos: name one');
}

function isAlgo(value: unknown): value is Exported {
  return isAlgoClass(value) || hasRun(value) || (typeof value === 'function' && !isClass(value));
}

function hasRun(value: unknown): value is UserAlgo {
  return typeof value === 'object' && value !== null && typeof (value as Partial<UserAlgo>).run === 'function';
}

function isAlgoClass(value: unknown): value is AlgoClass {
  return typeof value === 'function' && typeof (value.prototype as Partial<UserAlgo> | undefined)?.run === 'function';
}

function isClass(value: object): boolean {
  return /^class\b/.test(Function.prototype.toString.call(value));
}

function failed(exports: Readonly<Record<string, unknown>>, module: string, reason: string): StreamInferError {
  const names = Object.keys(exports);
  return new StreamInferError('MODULE_LOAD_FAILED', `${module} ${reason}; its exports: ${names.length > 0 ? names.join(', ') : 'none'}`);
}
