/** One transport under test and a peer whose every bit the test writes by hand. */

import { timestamp16 } from "../../ssp/clock16.ts";
import { compress, decompress } from "../../ssp/compression.ts";
import { stamp } from "../../ssp/datagram.ts";
import { Assembly, decodeFragment, encodeFragment } from "../../ssp/fragment.ts";
import { decodeInstruction, encodeInstruction, type Instruction } from "../../ssp/instruction.ts";
import { TerminalState } from "../../ssp/terminal-state.ts";
import { Transport, type TransportOptions } from "../../ssp/transport.ts";
import { UserStream } from "../../ssp/user-stream.ts";
import { FakeScreen, latin1, plainCipher, sealPlain, seededRandom } from "./fakes.ts";

type State = TerminalState<FakeScreen>;
type ClientTransport = Transport<UserStream, State>;
type ServerTransport = Transport<State, UserStream>;

const common = { core: plainCipher, key: new Uint8Array(16), random: seededRandom(9) };

export function newClient(
  now = 0,
  options: Partial<TransportOptions<UserStream, State>> = {},
): ClientTransport {
  const local = new UserStream();
  const remote = TerminalState.initial(new FakeScreen());
  return new Transport<UserStream, State>({ ...common, side: "client", local, remote, now, ...options });
}

export function newServer(
  now = 0,
  options: Partial<TransportOptions<State, UserStream>> = {},
): ServerTransport {
  const local = TerminalState.initial(new FakeScreen());
  return new Transport<State, UserStream>({
    ...common,
    side: "server",
    local,
    remote: new UserStream(),
    now,
    ...options,
  });
}

/** What a datagram said, decoded without the code that is under test deciding anything. */
export interface Seen extends Instruction {
  readonly sequence: number;
  readonly timestamp: number;
  readonly timestampReply: number;
  readonly length: number;
}

/** Decodes the datagrams of one sender; entries only where an instruction is complete. */
export class Watcher {
  readonly #assembly = new Assembly();
  readonly seen: Seen[] = [];
  datagrams = 0;

  watch(datagram: Uint8Array): void {
    this.datagrams++;
    const view = new DataView(datagram.buffer, datagram.byteOffset);
    const stream = this.#assembly.add(decodeFragment(datagram.subarray(12, datagram.length - 16))!);
    if (stream === undefined) return;
    if (typeof stream === "string") throw new Error(stream);
    this.seen.push({
      ...decodeInstruction(decompress(stream)!)!,
      sequence: Number(view.getBigUint64(0) & 0x7fff_ffff_ffff_ffffn),
      timestamp: view.getUint16(8),
      timestampReply: view.getUint16(10),
      length: datagram.length,
    });
  }

  get last(): Seen {
    return this.seen.at(-1)!;
  }
}

/** Writes datagrams to the side under test. */
export class Forger {
  readonly #direction: number;
  sequence = 0n;
  #id = 0;

  constructor(to: "client" | "server") {
    this.#direction = to === "client" ? 1 : 0;
  }

  /** A datagram with one whole instruction. */
  instruction(fields: Partial<Instruction>, now = 0): Uint8Array {
    return this.compressed(compress(encodeInstruction({ ...EMPTY, ...fields })), now);
  }

  compressed(stream: Uint8Array, now = 0): Uint8Array {
    return this.payload(encodeFragment({ id: ++this.#id, number: 0, final: true, contents: stream }), now);
  }

  payload(payload: Uint8Array, now = 0): Uint8Array {
    return this.plaintext(stamp(Uint8Array.of(0, 0, 0, 0, ...payload), timestamp16(now), 0xffff));
  }

  plaintext(plaintext: Uint8Array): Uint8Array {
    return sealPlain(this.#direction, this.sequence++, plaintext);
  }
}

const EMPTY: Instruction = {
  protocolVersion: 2,
  oldNum: 0,
  newNum: 1,
  ackNum: 0,
  throwawayNum: 0,
  diff: new Uint8Array(0),
  chaff: new Uint8Array(0),
};

/** A UserMessage of keys, and possibly a size first. */
export function keys(text: string, size?: readonly [number, number]): Uint8Array {
  const stream = new UserStream();
  if (size !== undefined) stream.pushResize(...size);
  stream.pushBytes(latin1(text));
  return stream.diff(new UserStream());
}
