/**
 * One datagram: nonce, encryption, direction and the two timestamps. Knows no order and keeps no state; link.ts does.
 *
 *   8 nonce (1 bit direction, 63 bits sequence) │ AES-128-OCB( 2 timestamp │ 2 timestamp reply │ payload ) │ 16 tag
 */
import type { DropReason } from "./drops.ts";
import { MAX_DATAGRAM_BYTES, NONCE_BYTES, TAG_BYTES, TIMESTAMPS_BYTES } from "./params.ts";
import { uint63At } from "./uint64.ts";

/** Who sent it, as the top bit of the nonce says [P 3.1]. */
export const TO_SERVER = 0;
export const TO_CLIENT = 1;
export type Direction = typeof TO_SERVER | typeof TO_CLIENT;

/** Encrypts for one direction under one key; owns the sequence counter, so no nonce can be used twice [P 3.2] [P 3.3]. */
export interface DatagramSealer {
  /** The whole datagram: nonce, ciphertext, tag; a fresh array. Throws FatalCryptoError when the key is used up [P 3.4]. */
  seal(plaintext: Uint8Array): Uint8Array;
  free(): void;
}

/** Decrypts both directions under one key. */
export interface DatagramOpener {
  /** The plaintext, or undefined if the tag does not match. */
  open(datagram: Uint8Array): Uint8Array | undefined;
  free(): void;
}

/** What ssp needs of the core: the two ends of AES-128-OCB3 [P 3.3]. */
export interface Cipher {
  createSealer(key: Uint8Array, direction: Direction): DatagramSealer;
  createOpener(key: Uint8Array): DatagramOpener;
}

export interface OpenedDatagram {
  /** 0 .. 2^53 - 1. */
  readonly sequence: number;
  /** Sender's 16-bit clock, or 65535 for none. */
  readonly timestamp: number;
  /** Our 16-bit clock sent back, or 65535 for none. */
  readonly timestampReply: number;
  /** The timestamps and, from {@link TIMESTAMPS_BYTES} on, the payload. */
  readonly plaintext: Uint8Array;
}

/** Fills the first {@link TIMESTAMPS_BYTES} of a plaintext; the payload follows them [P 4.3]. */
export function stamp(plaintext: Uint8Array, timestamp: number, timestampReply: number): Uint8Array {
  plaintext[0] = timestamp >>> 8;
  plaintext[1] = timestamp;
  plaintext[2] = timestampReply >>> 8;
  plaintext[3] = timestampReply;
  return plaintext;
}

/** Opens a datagram that must travel in `direction`; the checks are in the order of [P 3.5]. */
export function openDatagram(
  opener: DatagramOpener,
  datagram: Uint8Array,
  direction: Direction,
): OpenedDatagram | DropReason {
  if (datagram.length > MAX_DATAGRAM_BYTES) return "oversize"; // [P 3.6]
  if (datagram.length < NONCE_BYTES + TAG_BYTES) return "short"; // [P 3.7]
  const plaintext = opener.open(datagram);
  if (plaintext === undefined) return "integrity";
  if (plaintext.length < TIMESTAMPS_BYTES) return "plaintext"; // [P 3.8]
  if (datagram[0]! >>> 7 !== direction) return "direction"; // [P 3.9]
  const sequence = uint63At(datagram, 0);
  if (sequence > Number.MAX_SAFE_INTEGER) return "sequence"; // [P 1.4]
  return {
    sequence,
    timestamp: (plaintext[0]! << 8) | plaintext[1]!,
    timestampReply: (plaintext[2]! << 8) | plaintext[3]!,
    plaintext,
  };
}
