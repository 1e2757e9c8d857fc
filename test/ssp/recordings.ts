/** The recorded sessions of stock client and stock server in test/vectors, as the tests need them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseKey } from "../../ssp/key.ts";
import { hex } from "./fakes.ts";

export const NAMES = ["basic", "resize", "bulk", "lossy-roam", "ipv6"] as const;
export type Name = (typeof NAMES)[number];

export interface Recorded {
  /** ms since the relay started. */
  readonly t: number;
  readonly dir: "c2s" | "s2c";
  readonly datagram: Uint8Array;
  /** Never reached the peer. */
  readonly dropped: boolean;
  readonly delayedMs: number;
  readonly decoded: Decoded;
}

/** One line of NAME.decoded.jsonl. */
export interface Decoded {
  readonly nonce: string;
  readonly direction: "to_server" | "to_client";
  readonly seq: number;
  readonly timestamp: number;
  readonly timestamp_reply: number;
  readonly fragment: {
    readonly id: number;
    readonly num: number;
    readonly final: boolean;
    readonly len: number;
  };
  readonly compressed_len?: number;
  readonly instruction_len?: number;
  readonly instruction?: {
    readonly protocol_version: number;
    readonly old_num: number | string;
    readonly new_num: number | string;
    readonly ack_num: number | string;
    readonly throwaway_num: number | string;
    readonly diff_len: number;
    readonly chaff: string;
  };
  readonly user_message?: readonly {
    readonly keys?: { readonly hex: string };
    readonly resize?: [number, number];
  }[];
  readonly host_message?: readonly {
    readonly hoststring?: { readonly hex: string };
    readonly resize?: [number, number];
    readonly echo_ack?: number | string;
  }[];
}

export interface Recording {
  readonly key: Uint8Array;
  readonly cols: number;
  readonly rows: number;
  readonly datagrams: readonly Recorded[];
}

export function readRecording(name: Name): Recording {
  const [header, ...lines] = readLines(`${name}.capture.jsonl`) as [Header, ...Line[]];
  const decoded = readLines(`${name}.decoded.jsonl`) as Decoded[];
  return {
    key: parseKey(header.key),
    cols: header.size[0],
    rows: header.size[1],
    datagrams: lines.map((line, at) => ({
      t: line.t,
      dir: line.dir,
      datagram: hex(line.hex),
      dropped: line.dropped ?? false,
      delayedMs: line.delayed_ms ?? 0,
      decoded: decoded[at]!,
    })),
  };
}

/** What the stock client wrote to its terminal until it began to leave, joined. */
export function readClientScreen(name: Name): Uint8Array {
  const [, ...lines] = readLines(`${name}.client-stdout.jsonl`) as [unknown, ...{ readonly hex: string }[]];
  const all = lines.map((line) => line.hex).join("");
  const leaving = Buffer.from("\x1b[?1l\x1b[0m\x1b[?25h").toString("hex");
  return hex(all.slice(0, all.lastIndexOf(leaving)));
}

interface Header {
  readonly key: string;
  readonly size: [number, number];
}

interface Line {
  readonly t: number;
  readonly dir: "c2s" | "s2c";
  readonly hex: string;
  readonly dropped?: boolean;
  readonly delayed_ms?: number;
}

function readLines(file: string): unknown[] {
  const text = readFileSync(join(import.meta.dir, "..", "vectors", file), "utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}
