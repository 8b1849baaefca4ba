/*
 * How the studio hands settings back to the editor page that opened it: both are of one Node-RED, in one browser.
 */

/** Other settings of a node; `login`: its credentials. */
export type NodeSettings = { readonly id: string; readonly config: Readonly<Record<string, unknown>>; readonly login?: { readonly username?: string; readonly password?: string } };

export type UseSettings = { readonly kind: 'use'; readonly editor: string; readonly nodes: readonly NodeSettings[] };

/** How many nodes it changed, and how many are not there any more. */
export type SettingsUsed = { readonly kind: 'used'; readonly editor: string; readonly changed: number; readonly missing: number };

export type StudioMessage = UseSettings | SettingsUsed;

export function openChannel(): BroadcastChannel {
  return new BroadcastChannel('stream-infer-studio');
}
