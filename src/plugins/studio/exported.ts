import { randomBytes } from 'node:crypto';

import { jobOfPlan, withoutUserInfo } from '../../runtime/index.js';
import type { Draft, DraftNode, ExportAnswer } from './contract.js';
import { type DraftPlace, planOf } from './draft.js';

/** A draft as nodes to import, as a job, and as a program; without passwords. Throws `OPTION_INVALID` as it does when it is played. */
export function exported(draft: Draft, place: DraftPlace): ExportAnswer {
  const { plan } = planOf(draft, 'studio', place);
  const { job, missing } = jobOfPlan(plan);
  return { flow: flowOf(draft), job, code: codeOf(job), missing };
}

type FlowNode = { readonly id: string; readonly type: string; readonly [field: string]: unknown };

/** Source, producer and algos from left to right, a dispatcher behind them, and the debug sidebar at its end. */
function flowOf({ source, producer, algos }: Draft): readonly FlowNode[] {
  const [sourceId, producerId, dispatcherId, debugId] = [newId(), newId(), newId(), newId()] as [string, string, string, string];
  const ids = new Map(algos.map(({ key }) => [key, newId()]));
  const behind = (key: string | undefined): string[] => algos.filter((algo) => algo.behind === key).map((algo) => ids.get(algo.key) ?? '');
  const node = (kind: string, { config }: DraftNode, { id = '', ...more }: { id: string | undefined; [field: string]: unknown }): FlowNode => ({ id, type: `stream-${kind}`, ...config, ...more });
  return [
    node('source', source, { id: sourceId, location: withoutUserInfo(String(source.config['location'] ?? '')), x: 120, y: 100, wires: [[producerId]] }),
    node('producer', producer, { id: producerId, x: 300, y: 100, wires: [algos.length > 0 ? behind(undefined) : [dispatcherId]] }),
    ...algos.map((algo, i) => node('algo', algo, {
      id: ids.get(algo.key), x: algo.behind === undefined ? 480 : 660, y: 100 + 60 * i, wires: [[...behind(algo.key), dispatcherId]],
    })),
    { id: dispatcherId, type: 'stream-dispatcher', version: 1, name: '', x: 860, y: 100, wires: [[debugId], []] },
    { id: debugId, type: 'debug', name: '', active: true, tosidebar: true, complete: 'payload', targetType: 'msg', x: 1040, y: 100, wires: [] },
  ];
}

/** As Node-RED makes them. */
function newId(): string {
  return randomBytes(8).toString('hex');
}

function codeOf(job: object): string {
  return `// npm install @stream-infer/node-red
// node studio.cjs
const { resolveJob, runJob } = require('@stream-infer/node-red');

const job = ${JSON.stringify(job, null, 2)};

runJob(resolveJob(job, __dirname), {
  onResult: ({ algo, position, result }) => console.log(position.toFixed(2), algo, JSON.stringify(result)),
}).then(
  ({ totals }) => console.log(JSON.stringify(totals.algos)),
  (error) => {
    console.error(error.message);
    process.exitCode = 1;
  },
);
`;
}
