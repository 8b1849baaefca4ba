import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

import { systemClock } from '../../../dist/runtime/base/index.js';

/** WS-Discovery's group and port. */
const GROUP = '239.255.255.250';
const PORT = 3702;
const NAMESPACES = 'xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:trt="http://www.onvif.org/ver10/media/wsdl" xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:ter="http://www.onvif.org/ver10/error"';

export type OnvifProfile = { readonly token: string; readonly name: string; readonly uri: string; readonly codec?: string; readonly size?: readonly [width: number, height: number]; readonly fps?: number };

export type OnvifCameraOptions = {
  readonly name: string;
  readonly hardware: string;
  readonly profiles: readonly OnvifProfile[];
  /** Without: everybody may ask. */
  readonly auth?: { readonly username: string; readonly password: string };
  /** Milliseconds that its clock is ahead. */
  readonly clockAheadMs?: number;
  /** Instead of its own answers: a body for every question. */
  readonly answer?: () => string;
  /** What it answers to a probe, in place of where it is. */
  readonly xaddrs?: string;
};

export type OnvifCamera = {
  /** Of its device service. */
  readonly address: string;
  /** Operations that it was asked for. */
  readonly asked: readonly string[];
  stop(): Promise<void>;
};

/** A camera as ONVIF has it (profile S): found by WS-Discovery on the loopback, its SOAP services want a WS-Security user as real ones do. */
export async function startOnvifCamera(options: OnvifCameraOptions): Promise<OnvifCamera> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    void answer(request).then(({ status, body }) => { response.writeHead(status, { 'content-type': 'application/soap+xml' }).end(body); });
  });
  const answer = async (request: IncomingMessage): Promise<{ status: number; body: string }> => {
    const body = await text(request);
    const [, operation = ''] = /<s:Body[^>]*>\s*<(?:\w+:)?(\w+)/.exec(body) ?? [];
    asked.push(operation);
    if (options.answer !== undefined) return { status: 200, body: options.answer() };
    const isFree = operation === 'GetSystemDateAndTime' || operation === 'GetServices';
    if (!isFree && !isAllowed(body, options)) return { status: 400, body: envelope('<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:NotAuthorized</s:Value></s:Subcode></s:Code><s:Reason><s:Text xml:lang="en">Sender not Authorized</s:Text></s:Reason></s:Fault>') };
    const made = ANSWERS[operation]?.(options, { address, body });
    return made === undefined ? { status: 400, body: envelope('<s:Fault><s:Code><s:Value>s:Receiver</s:Value></s:Code><s:Reason><s:Text xml:lang="en">Optional Action Not Implemented</s:Text></s:Reason></s:Fault>') } : { status: 200, body: envelope(made) };
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/onvif/device_service`;
  const stopListening = await answerProbes(options, options.xaddrs ?? address);
  return {
    address,
    asked,
    stop: async () => {
      await stopListening();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function answerProbes({ name, hardware }: OnvifCameraOptions, xaddrs: string): Promise<() => Promise<void>> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  socket.on('message', (message, from) => {
    const [, id] = /MessageID[^>]*>([^<]+)</.exec(message.toString()) ?? [];
    if (id === undefined || !message.includes('Probe')) return;
    const scopes = `onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/name/${encodeURIComponent(name)} onvif://www.onvif.org/hardware/${encodeURIComponent(hardware)}`;
    socket.send(`<?xml version="1.0" encoding="UTF-8"?>
<s:Envelope ${NAMESPACES} xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery">
<s:Header><a:RelatesTo>${id}</a:RelatesTo></s:Header>
<s:Body><d:ProbeMatches><d:ProbeMatch><a:EndpointReference><a:Address>urn:uuid:${createHash('md5').update(name).digest('hex')}</a:Address></a:EndpointReference>
<d:Types>dn:NetworkVideoTransmitter</d:Types><d:Scopes>${scopes}</d:Scopes><d:XAddrs>${xaddrs}</d:XAddrs><d:MetadataVersion>1</d:MetadataVersion></d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>`, from.port, from.address);
  });
  socket.bind(PORT);
  await once(socket, 'listening');
  socket.addMembership(GROUP, '127.0.0.1');
  return async () => {
    socket.close();
    await once(socket, 'close');
  };
}

function envelope(body: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?><s:Envelope ${NAMESPACES}><s:Body>${body}</s:Body></s:Envelope>`;
}

/** WS-UsernameToken: base64(sha1(nonce + created + password)), and created within a minute of the camera's clock. */
function isAllowed(body: string, { auth, clockAheadMs = 0 }: OnvifCameraOptions): boolean {
  if (auth === undefined) return true;
  const field = (name: string): string => new RegExp(`<${name}[^>]*>([^<]*)</${name}>`).exec(body)?.[1] ?? '';
  const created = field('Created');
  const digest = createHash('sha1').update(Buffer.from(field('Nonce'), 'base64')).update(created).update(auth.password).digest('base64');
  return field('Username') === auth.username && field('Password') === digest && created > after(clockAheadMs - 60_000).toISOString() && created < after(clockAheadMs + 60_000).toISOString();
}

function after(ms: number): Date {
  const date = systemClock.date();
  date.setTime(date.getTime() + ms);
  return date;
}

type Asked = { readonly address: string; readonly body: string };

const ANSWERS: Readonly<Record<string, (options: OnvifCameraOptions, asked: Asked) => string>> = {
  GetSystemDateAndTime: ({ clockAheadMs = 0 }) => {
    const date = after(clockAheadMs);
    return `<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>Manual</tt:DateTimeType><tt:DaylightSavings>false</tt:DaylightSavings><tt:UTCDateTime><tt:Time><tt:Hour>${date.getUTCHours()}</tt:Hour><tt:Minute>${date.getUTCMinutes()}</tt:Minute><tt:Second>${date.getUTCSeconds()}</tt:Second></tt:Time><tt:Date><tt:Year>${date.getUTCFullYear()}</tt:Year><tt:Month>${date.getUTCMonth() + 1}</tt:Month><tt:Day>${date.getUTCDate()}</tt:Day></tt:Date></tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>`;
  },
  GetServices: (_options, { address }) => `<tds:GetServicesResponse>${[['device', address], ['media', address.replace('device_service', 'media')]].map(([service, place]) => `<tds:Service><tds:Namespace>http://www.onvif.org/ver10/${service}/wsdl</tds:Namespace><tds:XAddr>${place}</tds:XAddr><tds:Version><tt:Major>2</tt:Major><tt:Minor>42</tt:Minor></tds:Version></tds:Service>`).join('')}</tds:GetServicesResponse>`,
  GetProfiles: ({ profiles }) => `<trt:GetProfilesResponse>${profiles.map(({ token, name, codec = 'H264', size: [width, height] = [640, 480], fps = 25 }) => `<trt:Profiles token="${token}" fixed="true"><tt:Name>${name}</tt:Name><tt:VideoSourceConfiguration token="vs"><tt:Name>vs</tt:Name><tt:UseCount>1</tt:UseCount><tt:SourceToken>source</tt:SourceToken></tt:VideoSourceConfiguration><tt:VideoEncoderConfiguration token="${token}-encoder"><tt:Name>encoder</tt:Name><tt:Encoding>${codec}</tt:Encoding><tt:Resolution><tt:Width>${width}</tt:Width><tt:Height>${height}</tt:Height></tt:Resolution><tt:RateControl><tt:FrameRateLimit>${fps}</tt:FrameRateLimit></tt:RateControl></tt:VideoEncoderConfiguration></trt:Profiles>`).join('')}</trt:GetProfilesResponse>`,
  GetVideoSources: () => '<trt:GetVideoSourcesResponse><trt:VideoSources token="source"><tt:Framerate>25</tt:Framerate><tt:Resolution><tt:Width>640</tt:Width><tt:Height>480</tt:Height></tt:Resolution></trt:VideoSources></trt:GetVideoSourcesResponse>',
  GetStreamUri: ({ profiles }, { body }) => {
    const [, token] = /<ProfileToken>([^<]*)</.exec(body) ?? [];
    const found = profiles.find((profile) => profile.token === token);
    return `<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>${(found?.uri ?? '').replaceAll('&', '&amp;')}</tt:Uri><tt:InvalidAfterConnect>false</tt:InvalidAfterConnect><tt:Timeout>PT60S</tt:Timeout></trt:MediaUri></trt:GetStreamUriResponse>`;
  },
};
