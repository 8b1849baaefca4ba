import { basename, extname } from 'node:path';

/** What an algo is made of, as far as a name can be had from it. */
type Nameable =
  | { readonly type: 'motion' | 'code' }
  | { readonly type: 'onnx'; readonly model: string }
  | { readonly type: 'remote'; readonly model?: string | undefined }
  | { readonly type: 'python'; readonly module: string; readonly class?: string | undefined }
  | { readonly type: 'module'; readonly module: string; readonly export?: string | undefined };

/** The name of an algo that was given none: that of its export, module or model. */
export function defaultName(algo: Nameable): string {
  switch (algo.type) {
    case 'motion':
    case 'code': return algo.type;
    case 'onnx': return stem(algo.model.replace(/^catalogue:/, ''));
    case 'remote': return algo.model?.slice(0, 200) ?? 'remote';
    case 'python': return algo.class ?? stem(algo.module);
    case 'module': return algo.export ?? stem(algo.module);
  }
}

/** The wanted name, or the first of `wanted-2`, `wanted-3` … that is free. */
export function freeName(wanted: string, taken: ReadonlySet<string>): string {
  let name = wanted;
  for (let n = 2; taken.has(name); n += 1) name = `${wanted}-${n}`;
  return name;
}

function stem(path: string): string {
  return basename(path.replaceAll('\\', '/'), extname(path)).slice(0, 200) || 'algo';
}
