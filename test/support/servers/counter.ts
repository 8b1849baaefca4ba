import { connect, createServer, type AddressInfo } from 'node:net';

/** A port of the loopback that hands on to another server, and counts who comes. */
export type ConnectionCounter = {
  /** The server's URL, by way of this port. */
  readonly url: string;
  /** Connections so far. */
  count(): number;
  stop(): Promise<void>;
};

/** Counts the connections to the server of `url`, on the loopback; it accepts clients when this resolves. */
export async function countConnections(url: string): Promise<ConnectionCounter> {
  const { port } = new URL(url);
  let count = 0;
  const server = createServer((client) => {
    count += 1;
    const upstream = connect(Number(port), '127.0.0.1');
    client.on('error', () => upstream.destroy()).pipe(upstream).on('error', () => client.destroy()).pipe(client);
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  return {
    url: url.replace(`:${port}/`, `:${(server.address() as AddressInfo).port}/`),
    count: () => count,
    stop: () => new Promise((resolve) => server.close(() => { resolve(); })),
  };
}
