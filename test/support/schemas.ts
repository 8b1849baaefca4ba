import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

const ajv = new Ajv2020({ allErrors: true });
const validators = new Map<string, ValidateFunction>();

/** Fails unless the result, as JSON, is what the shipped schema of that task says. */
export function assertFits(task: string, result: unknown): void {
  const validate = validators.get(task) ?? ajv.compile(JSON.parse(readFileSync(join(__dirname, `../../schemas/${task}.schema.json`), 'utf8')) as object);
  validators.set(task, validate);
  const fits = validate(JSON.parse(JSON.stringify(result)));
  assert.ok(fits, `${task}: ${ajv.errorsText(validate.errors)}`);
}
