import type { connectAsync, MqttClient } from 'mqtt';

import { StreamInferError } from '../base/index.js';
import type { MqttSinkPlan } from '../base/plan.js';
import { needed } from './needed.js';
import type { Sink, SinkRecord } from './sink.js';
import { filled, topicLevel } from './templates.js';

const UNKNOWN_VERSION = /unsupported protocol version|unacceptable protocol version/i;
/** Reasons that say that this message will never be taken: its topic, its length, its content (MQTT 5, section 2.4). */
const REFUSALS: ReadonlySet<unknown> = new Set([0x90, 0x95, 0x99]);

/** So often a message has to break the connection until it counts as refused. */
const CULPRIT_TIMES = 3;
const CULPRIT = `the broker ended the connection ${CULPRIT_TIMES} times when it got this message: it may be longer than the broker takes`;

/** Without a word of the broker. */
class BrokenOff extends Error {}

/** A message each, its JSON. */
export async function mqttSink(plan: MqttSinkPlan): Promise<Sink> {
  const { default: mqtt } = await needed('mqtt', () => import('mqtt'));
  return new MqttSink(plan, mqtt.connectAsync);
}

class MqttSink implements Sink {
  readonly #plan: MqttSinkPlan;
  readonly #connect: typeof connectAsync;
  #client: MqttClient | undefined;
  #broken: Promise<never> | undefined;
  /** Of the batch that broke the connection last: its first id, and how often it did. */
  #culprit = { id: '', times: 0 };

  constructor(plan: MqttSinkPlan, connect: typeof connectAsync) {
    this.#plan = plan;
    this.#connect = connect;
  }

  /** By MQTT 5, which says why it does not take a message; a broker that does not know it is asked by 3.1.1. */
  async open(): Promise<void> {
    this.#client = await this.#connectBy(5).catch((cause: unknown) => {
      if (!UNKNOWN_VERSION.test(String(cause))) throw failureOf(cause);
      return this.#connectBy(4).catch((second: unknown) => { throw failureOf(second); });
    });
    this.#broken = broken(this.#client);
    this.#broken.catch(() => undefined);
    // an error that nobody hears would end the process; what was being sent fails by itself
    this.#client.on('error', () => undefined);
  }

  async #connectBy(protocolVersion: 4 | 5): Promise<MqttClient> {
    const { url, username, password, timeout } = this.#plan;
    return await this.#connect(url, {
      protocolVersion,
      ...(username !== undefined && username !== '' && { username }), ...(password !== undefined && password !== '' && { password }),
      // what waits is the queue's, and so are further tries
      connectTimeout: timeout * 1000, reconnectPeriod: 0, queueQoSZero: false, clean: true, resubscribe: false,
    }, false);
  }

  async send(records: readonly SinkRecord[]): Promise<void> {
    const client = this.#client;
    if (client?.connected !== true) throw new StreamInferError('SINK_FAILED', 'the connection broke off');
    const { qos, retain, topic } = this.#plan;
    const sent = Promise.all(records.map((record) => client.publishAsync(filled(topic, record, topicLevel), JSON.stringify(record), { qos, retain })));
    await Promise.race([sent, this.#broken]).catch((cause: unknown) => { throw this.#isCulprit(records, cause) ? new StreamInferError('SINK_REFUSED', CULPRIT, { cause }) : failureOf(cause); });
  }

  /** Brokers that say nothing just end the connection when a message is longer than they take: so does the next one, and the one after it. */
  #isCulprit([first]: readonly SinkRecord[], cause: unknown): boolean {
    if (!(cause instanceof BrokenOff)) return false;
    const { id = '' } = first ?? {};
    this.#culprit = { id, times: this.#culprit.id === id ? this.#culprit.times + 1 : 1 };
    return this.#culprit.times >= CULPRIT_TIMES;
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.endAsync(true).catch(() => undefined);
  }
}

/** Messages that wait for their answer are not told when a connection breaks off: the library keeps them for the next one. */
async function broken(client: MqttClient): Promise<never> {
  return await new Promise((_resolve, reject) => {
    client.once('disconnect', ({ reasonCode }) => { reject(Object.assign(new Error(`the broker ended the connection, by reason ${String(reasonCode)}`), { code: reasonCode })); });
    client.once('close', () => { reject(new BrokenOff('the connection broke off')); });
  });
}

function failureOf(cause: unknown): StreamInferError {
  const { message = String(cause), code } = cause as { message?: string; code?: unknown };
  return new StreamInferError(REFUSALS.has(code) || /exceeding packets size/.test(message) ? 'SINK_REFUSED' : 'SINK_FAILED', message !== '' ? message : String(code), { cause });
}
