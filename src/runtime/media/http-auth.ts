import { createHash, randomBytes } from 'node:crypto';

/** A user of a server, not encoded. */
export type Credentials = { readonly username: string; readonly password: string };

/** What is asked for. */
type Request = { readonly method: string; readonly path: string };

const ALGORITHMS: Readonly<Record<string, string>> = { 'md5': 'md5', 'md5-sess': 'md5', 'sha-256': 'sha256', 'sha-256-sess': 'sha256' };

/** The `Authorization` that answers a server's `WWW-Authenticate` (Digest, RFC 7616, before Basic); undefined where it wants what is not known. */
export function answerTo(challenges: readonly string[], { username, password }: Credentials, request: Request): string | undefined {
  const digests = challenges.filter((text) => /^digest\s/i.test(text)).map((text) => digestAnswer(fieldsOf(text), { username, password }, request));
  const digest = digests.find((answer) => answer !== undefined);
  if (digest !== undefined) return digest;
  if (!challenges.some((text) => /^basic\b/i.test(text))) return undefined;
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function digestAnswer(fields: ReadonlyMap<string, string>, { username, password }: Credentials, { method, path }: Request): string | undefined {
  const [realm = '', nonce = '', opaque, algorithm = 'MD5'] = ['realm', 'nonce', 'opaque', 'algorithm'].map((name) => fields.get(name));
  const kind = ALGORITHMS[algorithm.toLowerCase()];
  const qops = (fields.get('qop') ?? '').split(',').map((qop) => qop.trim().toLowerCase());
  if (kind === undefined || (fields.has('qop') && !qops.includes('auth'))) return undefined;
  const hash = (...parts: readonly string[]): string => createHash(kind).update(parts.join(':')).digest('hex');
  const cnonce = randomBytes(8).toString('hex');
  const plain = hash(username, realm, password);
  const secret = /-sess$/i.test(algorithm) ? hash(plain, nonce, cnonce) : plain;
  const what = hash(method, path);
  const isOld = !fields.has('qop');
  const response = isOld ? hash(secret, nonce, what) : hash(secret, nonce, '00000001', cnonce, 'auth', what);
  const told = [['username', username], ['realm', realm], ['nonce', nonce], ['uri', path], ['response', response], ...(opaque === undefined ? [] : [['opaque', opaque]])];
  const rest = isOld ? '' : `, qop=auth, nc=00000001, cnonce="${cnonce}"`;
  return `Digest ${told.map(([name, value]) => `${name ?? ''}="${(value ?? '').replace(/["\\]/g, '\\$&')}"`).join(', ')}, algorithm=${algorithm}${rest}`;
}

/** `realm="a, b", nonce=x` by name; quotes taken off. */
function fieldsOf(challenge: string): ReadonlyMap<string, string> {
  const fields = [...challenge.replace(/^\w+\s+/, '').matchAll(/([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))/g)];
  return new Map(fields.map(([, name = '', quoted, bare]) => [name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? bare ?? '']));
}
