import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way to an RTSP server over UDP on which packets get lost. */
export type LossyRtsp = {
  /** The server's URL, by way of this port. */
  readonly url: string;
  /** Packets of pictures so far: those that came from the server, and those of them that were lost. */
  readonly packets: { readonly came: number; readonly lost: number };
  stop(): Promise<void>;
};

/**
 * Stands between a client and the RTSP server of `url`, both on the loopback: RTSP goes through, but for the client's UDP ports,
 * in whose place ports of its own are named; of the packets that come there, one in `every` is lost, in an order that is the same each time.
 */
export async function startLossyRtsp(url: string, every: number): Promise<LossyRtsp> {
  const sockets: UdpSocket[] = [];
  const packets = { came: 0, lost: 0 };
  let seed = 1;
  const isLost = (): boolean => {
    seed = (seed * 48_271) % 2_147_483_647; // Park and Miller's generator
    return seed % every === 0;
  };
  const relay = async (to: number): Promise<number> => {
    const [media, control] = await bindPair();
    sockets.push(media, control);
    media.on('message', (packet) => {
      packets.came += 1;
      if (isLost()) packets.lost += 1;
      else media.send(packet, to, '127.0.0.1');
    });
    control.on('message', (packet) => { control.send(packet, to + 1, '127.0.0.1'); });
    return media.address().port;
  };
  const server = createServer((client) => { passOn(client, Number(new URL(url).port), relay); });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: url.replace(/:\d+\//, `:${port}/`),
    packets,
    stop: async () => {
      for (const socket of sockets) socket.close();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What the client asks goes to the server with other ports, what the server answers comes back with the client's. */
function passOn(client: Socket, port: number, relay: (to: number) => Promise<number>): void {
  const server = connect(port, '127.0.0.1');
  const asked = new Map<string, string>();
  let turn: Promise<void> = Promise.resolve();
  client.on('data', (data) => {
    turn = turn.then(async () => {
      const text = data.toString('latin1');
      const [own, first] = /client_port=(\d+)-\d+/.exec(text) ?? [];
      if (own === undefined || first === undefined) return void server.write(data);
      const mine = await relay(Number(first));
      const other = `client_port=${mine}-${mine + 1}`;
      asked.set(other, own);
      server.write(text.replace(own, other), 'latin1');
    });
  });
  server.on('data', (data) => {
    let text = data.toString('latin1');
    for (const [other, own] of asked) text = text.replace(other, own);
    client.write(text, 'latin1');
  });
  client.on('error', () => server.destroy()).on('close', () => server.destroy());
  server.on('error', () => client.destroy()).on('close', () => client.destroy());
}

/** Two sockets on an even port and the next one, as RTP wants them. */
async function bindPair(): Promise<readonly [UdpSocket, UdpSocket]> {
  for (;;) {
    const media = await bind(0);
    const { port } = media.address();
    const control = port % 2 === 0 ? await bind(port + 1).catch(() => undefined) : undefined;
    if (control !== undefined) return [media, control];
    media.close();
  }
}

async function bind(port: number): Promise<UdpSocket> {
  const socket = createSocket('udp4');
  socket.bind(port, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}
