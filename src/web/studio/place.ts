/*
 * Where the page is, and what it knows of the editor of the same Node-RED.
 */

const PAGE = /stream-infer\/studio\/$/;

/** Node-RED's admin API, with a slash at its end; the page lies below it. */
export const root = location.pathname.replace(PAGE, '');

const query = new URLSearchParams(location.search);
/** The node whose settings are wanted. */
export const nodeId = query.get('node') ?? undefined;
/** The editor page that takes settings back. */
export const editorId = query.get('editor') ?? undefined;

/** Of the user who is logged in to the editor; kept by it under the path of its page. */
export function apiToken(): string | undefined {
  try {
    const kept = localStorage.getItem(`auth-tokens${root.slice(0, -1).replaceAll('/', '-')}`);
    return (JSON.parse(kept ?? 'null') as { access_token?: string } | null)?.access_token;
  } catch {
    return undefined;
  }
}

/** That of the editor, else that of the browser. */
export function language(): string {
  return localStorage.getItem('editor-language') ?? navigator.language;
}
