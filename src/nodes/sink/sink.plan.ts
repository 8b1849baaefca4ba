import path from 'node:path';

import { check, type SinkPlan, sinkSchema } from '../../runtime/index.js';
import { jsonOf, numberOf, textOf } from '../shared/values.js';
import type { SinkConfig } from './sink.config.js';

export type SinkPlace = {
  /** Node-RED's user directory. */
  readonly folder: string;
  /** Of the node: its spool is of that name. */
  readonly id: string;
  readonly credentials: Readonly<Record<string, unknown>>;
};

/** What a stream-sink's saved config and credentials say. Throws `OPTION_INVALID`. */
export function sinkPlan(config: SinkConfig, { folder, id, credentials }: SinkPlace): SinkPlan {
  const { kind, whenFull } = config;
  return check(sinkSchema, {
    type: kind, ...fieldsOf(config, folder), ...(isServer(kind) && loginOf(kind, credentials)),
    name: textOf(config.name), whenFull, batch: numberOf(config.batch), gather: numberOf(config.gather), timeout: numberOf(config.timeout), spoolMb: numberOf(config.spoolMb),
    ...(config.spool && { spool: path.join(folder, 'stream-infer', 'spool', id.replace(/[^\w.-]/g, '_')) }),
  });
}

/** What its kind alone has. */
function fieldsOf({ kind, url, path: file, body, headers, topic, qos, retain, redisMode, key, most, table }: SinkConfig, folder: string): Readonly<Record<string, unknown>> {
  switch (kind) {
    case 'http': return { url, body, headers: jsonOf('headers', headers) };
    case 'mqtt': return { url, topic: textOf(topic), qos: numberOf(qos), retain };
    case 'redis': return { url, mode: redisMode, key: textOf(key), most: numberOf(most) };
    case 'postgres': return { url, table: textOf(table) };
    case 'sqlite': return { path: placed(file, folder), table: textOf(table) };
    case 'jsonl':
    case 'csv': return { path: placed(file, folder) };
  }
}

function isServer(kind: SinkConfig['kind']): boolean {
  return kind === 'http' || kind === 'mqtt' || kind === 'redis' || kind === 'postgres';
}

function loginOf(kind: SinkConfig['kind'], { username, password, token }: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return { username: textOf(username), password: password === '' ? undefined : password, ...(kind === 'http' && { token: textOf(token) }) };
}

function placed(file: string, folder: string): string {
  return file.trim() === '' ? '' : path.resolve(folder, file.trim());
}
