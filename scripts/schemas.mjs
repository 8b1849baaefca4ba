// Makes schemas/*.schema.json, one for each task of models, out of the built package: `npm run build && npm run schemas`.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { resultJsonSchema, TASKS } from '../dist/runtime/index.js';

const folder = resolve(import.meta.dirname, '../schemas');
mkdirSync(folder, { recursive: true });
for (const task of TASKS) writeFileSync(join(folder, `${task}.schema.json`), `${JSON.stringify(resultJsonSchema(task), null, 2)}\n`);
