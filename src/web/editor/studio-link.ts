import { openChannel, type StudioMessage } from '../shared/studio-channel.js';
import { t } from '../shared/i18n.js';
import { addAction, apiRoot, changeNodes, selectedNode } from './red.js';

/** Tells this page from other editors that are open in the browser. */
const EDITOR = Math.random().toString(36).slice(2);
/** Nodes whose settings the studio can take. */
const TYPES: ReadonlySet<string> = new Set(['stream-source', 'stream-producer', 'stream-algo']);

/** Opens the studio in a tab of its own, with the settings of the stream that the node is in. */
export function openStudio(nodeId?: string): void {
  const query = new URLSearchParams({ editor: EDITOR, ...(nodeId !== undefined && { node: nodeId }) });
  window.open(`${apiRoot()}stream-infer/studio/?${query.toString()}`, '_blank', 'noopener');
}

/** Adds the action that opens the studio, and takes what studios that were opened here hand back. */
export function linkStudio(): void {
  addAction('open-studio', t('studio.open'), (nodeId) => {
    const node = selectedNode();
    const selected = node !== undefined && TYPES.has(node.type) ? node.id : undefined;
    openStudio(typeof nodeId === 'string' ? nodeId : selected);
  });
  const channel = openChannel();
  channel.onmessage = ({ data }: MessageEvent<StudioMessage>) => {
    if (data.kind !== 'use' || data.editor !== EDITOR) return;
    const answer: StudioMessage = { kind: 'used', editor: EDITOR, ...changeNodes(data.nodes) };
    channel.postMessage(answer);
  };
}
