import { check } from '../../base/index.js';
import { sourceSchema } from '../../base/plan.js';
import { probeApart } from '../look-apart.js';
import { apartFromCredentials } from '../paths.js';
import { EXIT, onlyArgument, readArguments } from './exit.js';

/** `stream-infer probe LOCATION`: what is in a file, stream or camera, as JSON. */
export async function probe(args: readonly string[]): Promise<number> {
  const { positionals } = readArguments({ args: [...args], options: {}, allowPositionals: true });
  const location = onlyArgument(positionals, 'location');
  const info = await probeApart(apartFromCredentials(check(sourceSchema, { location })), { backend: 'auto' });
  process.stdout.write(`${JSON.stringify(info, null, 2)}\n`);
  return EXIT.done;
}
