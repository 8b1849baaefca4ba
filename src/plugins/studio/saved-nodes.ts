import { StreamInferError } from '../../runtime/index.js';
import type { Coordinator } from '../../nodes/shared/coordinator.js';
import type { SavedConfig } from '../../nodes/shared/part-makers.js';
import type { Red, RedNodeConfig } from '../../nodes/shared/red.js';
import { membersOf, type StreamTopology } from '../../nodes/shared/topology.js';
import { textOf } from '../../nodes/shared/values.js';
import type { Config, Draft, DraftNode } from './contract.js';

type Kind = 'source' | 'producer' | 'algo';

/** The nodes of the flow as they are deployed. */
export class SavedNodes {
  readonly #red: Red;
  readonly #coordinator: Coordinator;

  constructor(red: Red, coordinator: Coordinator) {
    this.#red = red;
    this.#coordinator = coordinator;
  }

  /** Passwords and tokens of the node that the draft's was taken from, as long as its address is the same. */
  credentialsFor(node: DraftNode, address: string): SavedConfig {
    return this.isAsDeployed(node, address) ? this.#red.nodes.getNode(node.id ?? '')?.credentials ?? {} : {};
  }

  /** The settings with the values of environment variables, `${NAME}`, as Node-RED puts them in when it makes the node. */
  evaluated({ id, config }: DraftNode): SavedConfig {
    const node = id === undefined ? undefined : this.#red.nodes.getNode(id) ?? undefined;
    return Object.fromEntries(Object.entries(config).map(([key, value]) => {
      const name = typeof value === 'string' ? /^\$\{([^}]+)\}$/.exec(value)?.[1] : undefined;
      return [key, (name === undefined ? undefined : this.#red.util.getSetting(node, name)) ?? value];
    }));
  }

  /** Whether the node that the draft's was taken from has the same value in that field. */
  isAsDeployed({ id, config }: DraftNode, field: string): boolean {
    const found = id === undefined ? undefined : this.#find(id);
    return found !== undefined && textOf(config[field]) !== undefined && textOf((found as SavedConfig)[field]) === textOf(config[field]);
  }

  /** The stream that a node is in, else the node alone. Throws `STREAM_UNKNOWN`. */
  draftOf(id: string): Draft {
    const stream = this.#coordinator.declared.find((one) => membersOf(one).includes(id));
    if (stream !== undefined) return this.#draftOfStream(stream);
    const kind = /^stream-(source|producer|algo)$/.exec(this.#find(id)?.type ?? '')?.[1] as Kind | undefined;
    if (kind === undefined) throw new StreamInferError('STREAM_UNKNOWN', 'node: there is no such source, producer or algo: deploy it first');
    const alone = this.#draftNode(kind, id);
    return {
      source: kind === 'source' ? alone : this.#draftNode('source'),
      producer: kind === 'producer' ? alone : this.#draftNode('producer'),
      algos: kind === 'algo' ? [{ ...alone, key: 'a1' }] : [],
    };
  }

  #draftOfStream({ sourceId, producerId, algoIds, behind }: StreamTopology): Draft {
    const keyOf = (id: string | undefined): string | undefined => (id === undefined || !algoIds.includes(id) ? undefined : `a${algoIds.indexOf(id) + 1}`);
    return {
      source: this.#draftNode('source', sourceId),
      producer: this.#draftNode('producer', producerId),
      algos: algoIds.map((id, i) => {
        const before = keyOf(behind[id]?.algoIds[0]);
        return { ...this.#draftNode('algo', id), key: `a${i + 1}`, ...(before !== undefined && { behind: before }) };
      }),
    };
  }

  /** Without an id: one that is new. */
  #draftNode(kind: Kind, id?: string): DraftNode {
    const { config, defaults } = this.#coordinator.makers.of(kind);
    const found = id === undefined ? undefined : this.#find(id);
    if (id === undefined || found === undefined) return { config: defaults as Config };
    return { id, config: config(found) as Config };
  }

  #find(id: string): RedNodeConfig | undefined {
    let found: RedNodeConfig | undefined;
    this.#red.nodes.eachNode((config) => {
      if (config.id === id) found = config;
    });
    return found;
  }
}
