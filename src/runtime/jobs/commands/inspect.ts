import { inspectModel, resolveModelFile } from '../../algo/index.js';
import { EXIT, onlyArgument, readArguments } from './exit.js';

/** `stream-infer inspect MODEL.onnx`: what a model is and how it would be used, as JSON. */
export async function inspect(args: readonly string[]): Promise<number> {
  const { positionals } = readArguments({ args: [...args], options: {}, allowPositionals: true });
  const { path } = await resolveModelFile(onlyArgument(positionals, 'model'));
  const report = await inspectModel(path);
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  return EXIT.done;
}
