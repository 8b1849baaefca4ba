import { extname } from 'node:path';

import type { Location, UrlProtocol } from './location.js';

/** Of FFmpeg's inputs, which may be used for a location: lists with commas, as its options want them. */
export type InputLimits = {
  /** For `protocol_whitelist`: how anything is fetched, that which a playlist names included. */
  readonly protocols: string;
  /** For `format_whitelist`: what the file may be, and what those that a playlist names may be. */
  readonly formats: string;
};

/**
 * FFmpeg's demuxers that read pictures and sound out of the bytes they get. Not among them are those that open further files
 * (`concat`, `hls`, `dash`, `sdp`, `imf` …), draw what is a text (`tty`, `svg_pipe`), or capture this machine (`lavfi`, `x11grab` …).
 */
const CONTAINERS = [
  'mov', 'matroska', 'avi', 'mpegts', 'mpegtsraw', 'mpeg', 'mpegvideo', 'flv', 'live_flv', 'kux', 'asf', 'asf_o', 'ogg', 'mxf', 'mxg', 'nut', 'rm', 'dv', 'gxf', 'wtv', 'nsv', 'nuv', 'ty', 'pmp', 'dhav',
  'ivf', 'ivr', 'avr', 'swf', 'r3d', 'mlv', 'lxf', 'lmlm4', 'mtv', 'mv', 'vivo', 'xmv', 'thp', 'smk', 'bink', 'roq', 'idcin', 'flic', 'film_cpk', 'ipmovie', 'ea', 'bfi', '4xm', 'wc3movie', 'wsvqa', 'psxstr', 'pva', 'hxvs', 'usm',
  'h261', 'h263', 'h264', 'hevc', 'vvc', 'evc', 'apv', 'av1', 'obu', 'm4v', 'mjpeg', 'mjpeg_2000', 'mpjpeg', 'smjpeg', 'ingenient', 'vc1', 'vc1test', 'cavsvideo', 'avs', 'avs2', 'avs3', 'dirac', 'dnxhd', 'yuv4mpegpipe',
  'gif', 'gif_pipe', 'apng', 'webp_anim', 'webp_pipe', 'image2', 'image2pipe', 'png_pipe', 'jpeg_pipe', 'jpegls_pipe', 'jpegxl_pipe', 'jpegxl_anim', 'j2k_pipe', 'bmp_pipe', 'tiff_pipe', 'psd_pipe', 'sgi_pipe', 'sunrast_pipe',
  'pam_pipe', 'pbm_pipe', 'pgm_pipe', 'pgmyuv_pipe', 'pgx_pipe', 'pfm_pipe', 'phm_pipe', 'ppm_pipe', 'pcx_pipe', 'pictor_pipe', 'dds_pipe', 'dpx_pipe', 'exr_pipe', 'hdr_pipe', 'qoi_pipe', 'qdraw_pipe', 'xbm_pipe', 'xpm_pipe', 'xwd_pipe',
  'gem_pipe', 'cri_pipe', 'photocd_pipe', 'vbn_pipe', 'ico', 'fits', 'aac', 'ac3', 'eac3', 'ac4', 'mp3', 'flac', 'wav', 'w64', 'aiff', 'au', 'caf', 'amr', 'dts', 'dtshd', 'truehd', 'mlp', 'tta', 'wv', 'ape', 'mpc', 'mpc8', 'loas', 'voc', 'webvtt', 'srt',
];

/** A playlist on the disk is one only where its name says so: an upload called `clip.mp4` must not open other files. */
const PLAYLISTS: Readonly<Record<string, string>> = { '.m3u8': 'hls', '.m3u': 'hls', '.mpd': 'dash', '.ffconcat': 'concat' };

/** Of a playlist on the disk: it must not fetch from the network. `crypto` decrypts HLS, `data:` holds its own bytes. */
const PLAYLIST_PROTOCOLS = 'file,crypto,data';

/** A server's playlist names further files of servers, and nothing else: no file of this machine, no other port. */
const HTTP = 'http,https,httpproxy,tls,tcp,crypto,data';
const RTSP = 'rtsp,rtsps,rtp,srtp,udp,tcp,tls';
const RTMP = 'rtmp,rtmps,rtmpt,rtmpts,rtmpe,rtmpte,ffrtmphttp,ffrtmpcrypt,http,https,tcp,tls';
const URL_PROTOCOLS: Readonly<Record<UrlProtocol, string>> = { http: HTTP, https: HTTP, rtsp: RTSP, rtsps: RTSP, rtmp: RTMP, rtmps: RTMP, udp: 'udp', tcp: 'tcp', srt: 'srt' };
const URL_PLAYLISTS: Partial<Record<UrlProtocol, readonly string[]>> = { http: ['hls', 'dash'], https: ['hls', 'dash'], rtsp: ['rtsp'], rtsps: ['rtsp'] };

/** Why FFmpeg does not open what is none of `formats`. */
export const NOT_PLAYED = 'it is no video but a text or a list of other files, or of a kind that is not played';

/** Whether a file's name says that it is a list of other files. */
export function isPlaylist(path: string): boolean {
  return playlistOf(path) !== undefined;
}

/** What FFmpeg may use to open a file or a URL. A device needs no limits: its format is said. */
export function inputLimits(location: Extract<Location, { kind: 'file' | 'url' }>): InputLimits {
  if (location.kind === 'url') {
    return { protocols: URL_PROTOCOLS[location.protocol], formats: [...CONTAINERS, ...(URL_PLAYLISTS[location.protocol] ?? [])].join(',') };
  }
  const playlist = playlistOf(location.path);
  if (playlist === undefined) return { protocols: 'file', formats: CONTAINERS.join(',') };
  return { protocols: PLAYLIST_PROTOCOLS, formats: [playlist, ...CONTAINERS].join(',') };
}

function playlistOf(path: string): string | undefined {
  const extension = extname(path).toLowerCase();
  return Object.hasOwn(PLAYLISTS, extension) ? PLAYLISTS[extension] : undefined;
}
