import type { Packet, Stream } from 'node-av/lib';

import type { Libav } from './libav.js';
import { nalLengthBytes, nalUnits } from './nal-units.js';

/** What a packet's place in the stream allows. */
export type PacketKind = {
  /**
   * Whether decoding may begin at it, so that its frame and all that are shown after it come out exactly as in a decode from the
   * beginning: `seamless` also for a decoder that has packets of before, `fresh` only for one that was emptied.
   */
  readonly entry: 'none' | 'seamless' | 'fresh';
  /** No other frame refers to its frame: leaving it out changes no other one. */
  readonly isDisposable: boolean;
};

export type PacketClassifier = (packet: Packet) => PacketKind;

const ENTRY: PacketKind = { entry: 'seamless', isDisposable: false };
const ORDINARY: PacketKind = { entry: 'none', isDisposable: false };
const ALONE: PacketKind = { entry: 'seamless', isDisposable: true };

/**
 * How to tell the packets of that stream apart; undefined for codecs of which it is not known, whose packets must all be
 * decoded. H.264: ITU-T H.264 7.4.1 (`nal_ref_idc`), D.2.8 (recovery point); HEVC: ITU-T H.265 7.4.2.2 (types of NAL units).
 * Frames of VP9 and AV1 that none refers to change the decoder's probabilities still: only their key frames count.
 */
export function openPacketClassifier(av: Libav, stream: Stream): PacketClassifier | undefined {
  const { codecId, extradata } = stream.codecpar;
  switch (codecId) {
    case av.AV_CODEC_ID_H264:
      return classifier(nalLengthBytes(extradata, 4), classifyH264);
    case av.AV_CODEC_ID_HEVC:
      return classifier(nalLengthBytes(extradata, 21), hevcClassifier(hasTemporalLayers(extradata)));
    case av.AV_CODEC_ID_VP8:
    case av.AV_CODEC_ID_VP9:
    case av.AV_CODEC_ID_AV1:
      return (packet) => (packet.isKeyframe ? ENTRY : ORDINARY);
    case av.AV_CODEC_ID_MJPEG:
    case av.AV_CODEC_ID_PRORES:
      return () => ALONE;
    default:
      return undefined;
  }
}

type NalClassifier = (units: Iterable<Uint8Array>, isKey: boolean) => PacketKind;

function classifier(lengthBytes: number | undefined, classify: NalClassifier): PacketClassifier {
  return (packet) => (packet.data === null ? ORDINARY : classify(nalUnits(packet.data, lengthBytes), packet.isKeyframe));
}

function classifyH264(units: Iterable<Uint8Array>, isKey: boolean): PacketKind {
  let entry: PacketKind['entry'] = 'none';
  for (const unit of units) {
    const [header = 0] = unit;
    const type = header & 0x1f;
    if (type === 5) return ENTRY;
    if (type === 6 && isKey && isExactRecoveryPoint(unit)) entry = 'fresh';
    // the slices of a picture all say the same; a packet with two fields has another picture
    if (type >= 1 && type < 5 && (header & 0x60) !== 0) return { entry, isDisposable: false };
  }
  return { entry, isDisposable: true };
}

/** Whether the SEI's recovery point says that every frame shown from this one on comes out exactly (frames 0, exact match 1). */
function isExactRecoveryPoint(sei: Uint8Array): boolean {
  for (let at = 1; at + 2 < sei.length; ) {
    let [type, size] = [0, 0];
    for (; sei[at] === 0xff; at += 1) type += 255;
    type += sei[at++] ?? 0;
    for (; sei[at] === 0xff; at += 1) size += 255;
    size += sei[at++] ?? 0;
    if (type === 6) return ((sei[at] ?? 0) & 0xc0) === 0xc0;
    at += size;
  }
  return false;
}

function hevcClassifier(hasLayers: boolean): NalClassifier {
  return (units) => {
    for (const unit of units) {
      const type = ((unit[0] ?? 0) >> 1) & 0x3f;
      if (type > 21) continue; // parameter sets and messages
      if (type === 19 || type === 20) return ENTRY;
      if (type >= 16) return { entry: 'fresh', isDisposable: false };
      // the even ones up to 14 are those that no frame of the same temporal layer refers to
      return { entry: 'none', isDisposable: !hasLayers && type <= 14 && type % 2 === 0 };
    }
    return ORDINARY;
  };
}

/** Whether the stream says that it has more than one temporal layer, or does not say. */
function hasTemporalLayers(extradata: Buffer | null): boolean {
  if (extradata === null) return true;
  if (extradata[0] === 1) return ((extradata[21] ?? 0) >> 3 & 7) > 1;
  for (const unit of nalUnits(extradata, undefined)) {
    const isVideoParameterSet = ((unit[0] ?? 0) >> 1) === 32;
    if (isVideoParameterSet) return (((unit[3] ?? 0xff) >> 1) & 7) > 0;
  }
  return true;
}
