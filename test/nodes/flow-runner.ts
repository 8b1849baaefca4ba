import type { EventEmitter } from 'node:events';
import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

import registerAlgo from '../../dist/nodes/algo/algo.js';
import registerDispatcher from '../../dist/nodes/dispatcher/dispatcher.js';
import registerEngine from '../../dist/nodes/engine/engine.js';
import registerProducer from '../../dist/nodes/producer/producer.js';
import registerRecorder from '../../dist/nodes/recorder/recorder.js';
import { coordinatorOf } from '../../dist/nodes/shared/coordinators.js';
import type { Red, RedMessage, RedNode, RedStatus } from '../../dist/nodes/shared/red.js';
import registerSource from '../../dist/nodes/source/source.js';
import { FakeEngines } from './fake-engine.js';

type Register = (red: Red) => void;
type Flow = readonly Record<string, unknown>[];

/** The part of node-red-node-test-helper that is used here; it has no types of its own. */
type Helper = {
  init(nodeRed: string): void;
  readonly _events: EventEmitter;
  readonly _redNodes: {
    setFlows(flow: Flow, credentials: null, type: string): Promise<unknown>;
    loadFlows(forceStart: boolean): Promise<unknown>;
    stopFlows(): Promise<void>;
  };
  load(nodes: readonly Register[], flow: Flow, credentials: Record<string, unknown>): Promise<void>;
  unload(): Promise<void>;
  getNode(id: string): RedNode & { receive(message: RedMessage): void };
  request(): { get(path: string): Promise<{ status: number; body: unknown }> };
};

/** Finds packages as the Node-RED under test does: that of `NODE_RED_BIN`, else the one in node_modules. */
const load = createRequire(realpathSync(process.env['NODE_RED_BIN'] ?? resolve(__dirname, '../../node_modules/.bin/node-red')));
const helper = createRequire(__filename)('node-red-node-test-helper') as Helper;
helper.init(load.resolve('node-red'));
const coreNodes = ['common/05-junction', 'common/60-link', 'function/10-function'].map((file) => load(`@node-red/nodes/core/${file}.js`) as Register);

/** Engines that the nodes open: one set for the process, as there is one coordinator. */
export const fakes = new FakeEngines();

/** Every message that reached a node of type `collect`, with the node's id. */
export const collected: { readonly id: string; readonly message: RedMessage }[] = [];

/** Badges that were shown, oldest first. */
export const statuses: { readonly id: string; readonly status: RedStatus }[] = [];

helper._events.on('node-status', (status: { id: string; status?: RedStatus }) => {
  if (status.status !== undefined) statuses.push({ id: status.id, status: status.status });
});

function registerCollect(red: Red): void {
  red.nodes.registerType('collect', function (config) {
    red.nodes.createNode(this, config);
    this.on('input', (message, _send, done) => {
      collected.push({ id: this.id, message });
      done();
    });
  });
}

/** Starts a real Node-RED runtime with the flow and engines that play nothing. */
export async function startFlow(flow: Flow, credentials: Record<string, unknown> = {}): Promise<void> {
  fakes.reset();
  collected.length = 0;
  statuses.length = 0;
  const first: Register = (red) => { coordinatorOf(red, fakes.open); };
  const own = [registerEngine, registerSource, registerProducer, registerAlgo, registerDispatcher, registerRecorder];
  await helper.load([first, ...own, ...coreNodes, registerCollect], flow, credentials);
  await settle();
}

export async function stopFlow(): Promise<void> {
  await helper.unload();
}

/** Stops the flows as Node-RED does when it ends. */
export async function shutDown(): Promise<void> {
  await helper._redNodes.stopFlows();
}

/** Resolves when the flows run again. */
export async function deploy(flow: Flow, type: 'full' | 'flows' | 'nodes'): Promise<void> {
  await whenStarted(() => helper._redNodes.setFlows(flow, null, type));
}

/** What "Restart Flows" in the editor's menu does. */
export async function restartFlows(): Promise<void> {
  await whenStarted(() => helper._redNodes.loadFlows(true));
}

async function whenStarted(run: () => Promise<unknown>): Promise<void> {
  const started = new Promise((resolve) => { helper._events.once('flows:started', resolve); });
  await run();
  await started;
  await settle();
}

/** Calls `now` between the stop of the old nodes and the start of the new ones of a deploy. */
export function duringDeploy(now: () => void): void {
  helper._events.once('flows:stopped', now);
}

/** Hands a message to a node, and waits until everything that follows at once has happened. */
export async function send(id: string, message: RedMessage): Promise<void> {
  helper.getNode(id).receive(message);
  await settle();
}

/** Ids of messages hop from node to node by setImmediate: a few rounds bring them everywhere. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 20; round += 1) await new Promise((resolve) => { setImmediate(resolve); });
}

/** Messages that reached the collector since it was last asked. */
export function take(id: string): RedMessage[] {
  const taken = collected.filter((item) => item.id === id).map(({ message }) => message);
  collected.splice(0, collected.length, ...collected.filter((item) => item.id !== id));
  return taken;
}

/** The text under a node. */
export function badgeOf(id: string): string | undefined {
  return statuses.findLast((item) => item.id === id)?.status.text;
}

export async function get(path: string): Promise<unknown> {
  return (await helper.request().get(path)).body;
}
