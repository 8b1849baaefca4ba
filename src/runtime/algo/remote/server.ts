import type { RemoteAlgoPlan } from '../../base/index.js';

/** Where a server is, and what every request carries. */
export type Server = {
  /** Without a slash at the end. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Most bytes of an answer. */
  readonly limitBytes: number;
  /** `text` of a server without the token in it: some send back what they were sent. */
  readonly hide: (text: string) => string;
};

export function serverOf({ url, token, tokenHeader, headers, maxAnswerMb }: RemoteAlgoPlan): Server {
  const secret = token === undefined || token === '' ? undefined : token;
  const value = tokenHeader.toLowerCase() === 'authorization' ? `Bearer ${secret ?? ''}` : (secret ?? '');
  return {
    url: url.replace(/\/+$/, ''),
    headers: { ...headers, ...(secret !== undefined && { [tokenHeader]: value }) },
    limitBytes: Math.floor(maxAnswerMb * 2 ** 20),
    hide: (text) => (secret === undefined ? text : text.replaceAll(secret, '***')),
  };
}
