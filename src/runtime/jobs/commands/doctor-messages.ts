/** What a checking process is asked, once. */
export type CheckRequest = { readonly check: string };

/** What it found: a short description, or why it does not work. */
export type CheckReply = { readonly works: boolean; readonly detail: string };
