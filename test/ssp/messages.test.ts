/** The three messages, against test/vectors/messages.json, and what a hostile peer may write instead. */
import { describe, expect, test } from "bun:test";
import { compress, decompress } from "../../ssp/compression.ts";
import { decodeHostMessage, encodeHostMessage, type HostEvent } from "../../ssp/host-message.ts";
import { decodeInstruction, encodeInstruction, type Instruction } from "../../ssp/instruction.ts";
import { MAX_STATE } from "../../ssp/params.ts";
import { LENGTH_DELIMITED, Reader, VARINT, varintLength, Writer } from "../../ssp/protobuf.ts";
import { decodeUserMessage, encodeUserMessage, type UserEvent } from "../../ssp/user-message.ts";
import vectors from "../vectors/messages.json";
import { hex, seededRandom, toHex } from "./fakes.ts";

interface VectorEvent {
  readonly keys?: string;
  readonly resize?: readonly number[];
  readonly echo_ack?: string;
  readonly hoststring?: string;
}

function userEvent(event: VectorEvent): UserEvent {
  if (event.keys !== undefined) return { kind: "keys", bytes: hex(event.keys) };
  return { kind: "resize", cols: event.resize![0]!, rows: event.resize![1]! };
}

function hostEvent(event: VectorEvent): HostEvent {
  if (event.hoststring !== undefined) return { kind: "bytes", bytes: hex(event.hoststring) };
  if (event.echo_ack !== undefined) return { kind: "echo-ack", num: Number(event.echo_ack) };
  return { kind: "resize", cols: event.resize![0]!, rows: event.resize![1]! };
}

/** Uint8Array and Buffer compare as unequal; a plain copy does not. */
function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value, (_, part) => (part instanceof Uint8Array ? toHex(part) : part)));
}

describe("instruction", () => {
  for (const vector of vectors.instruction) {
    const instruction: Instruction = {
      protocolVersion: vector.protocol_version,
      oldNum: Number(vector.old_num),
      newNum: Number(vector.new_num),
      ackNum: Number(vector.ack_num),
      throwawayNum: Number(vector.throwaway_num),
      diff: hex(vector.diff),
      chaff: hex(vector.chaff),
    };
    test(`[${vector.old_num} -> ${vector.new_num}] encodes to the byte and decodes`, () => {
      expect(toHex(encodeInstruction(instruction))).toBe(vector.encoded);
      expect(plain(decodeInstruction(hex(vector.encoded)))).toEqual(plain(instruction));
    });
    test(`[${vector.old_num} -> ${vector.new_num}] decompresses from stock's zlib and from ours`, () => {
      expect(toHex(decompress(hex(vector.zlib_level_6))!)).toBe(vector.encoded);
      const ours = compress(hex(vector.encoded));
      expect(toHex(ours.subarray(0, 2))).toBe("789c");
      expect(toHex(decompress(ours)!)).toBe(vector.encoded);
    });
  }

  test("absent fields are zero or empty", () => {
    expect(plain(decodeInstruction(new Uint8Array(0)))).toEqual(
      plain({
        protocolVersion: 0,
        oldNum: 0,
        newNum: 0,
        ackNum: 0,
        throwawayNum: 0,
        diff: new Uint8Array(0),
        chaff: new Uint8Array(0),
      }),
    );
  });

  test("unknown fields of every wire type are skipped, the last of several counts", () => {
    const unknown = [
      "c03e01", // field 1000, varint
      "c13e0102030405060708", // fixed 64
      "c23e0161", // bytes
      "c53e01020304", // fixed 32
      "c33e08010aff01".concat("00".repeat(255), "c43e"), // group with fields in it
      "0a0161", // field 1 with another wire type
    ].join("");
    const decoded = decodeInstruction(hex(`0803${unknown}10070802${unknown}1807`))!;
    expect(decoded.protocolVersion).toBe(2);
    expect(decoded.oldNum).toBe(7);
    expect(decoded.newNum).toBe(7);
  });

  test("a version of more than 32 bits is cut, as protobuf does", () => {
    expect(decodeInstruction(hex("088280808010"))!.protocolVersion).toBe(2);
  });

  for (const [what, bytes] of [
    ["a tag cut short", "80"],
    ["a varint cut short", "0880"],
    ["a varint of eleven bytes", `08${"ff".repeat(10)}01`],
    ["a length beyond the end", "320561"],
    ["a length of 2^64 - 1", `32${"ff".repeat(9)}01`],
    ["field number 0", "0001"],
    ["a field number beyond 29 bits", "80808080800101"],
    ["wire type 6", "0e"],
    ["wire type 7", "0f"],
    ["the end of a group that never began", "0c"],
    ["a group that never ends", "c33e0801"],
    ["a group closed by another number", "c33ecc3e"],
    ["groups nested without end", "c33e".repeat(100)],
    ["a fixed 64 cut short", "c13e01020304050607"],
    ["a fixed 32 cut short", "c53e010203"],
  ] as const) {
    test(`${what} is no instruction`, () => expect(decodeInstruction(hex(bytes))).toBeUndefined());
  }
});

describe("user message", () => {
  for (const vector of vectors.user) {
    const events = vector.events.map(userEvent);
    test(`${events.length} events: ${vector.encoded.slice(0, 40)}`, () => {
      expect(toHex(encodeUserMessage(events))).toBe(vector.encoded);
      expect(plain(decodeUserMessage(hex(vector.encoded)))).toEqual(plain(events));
    });
  }

  test("an Instruction with keys and a size is keys only, in either order", () => {
    for (const bytes of ["0a0b 12032201 61 1a042850 3018", "0a0b 1a042850 3018 12032201 61"])
      expect(plain(decodeUserMessage(hex(bytes.replaceAll(" ", ""))))).toEqual([
        { kind: "keys", bytes: "61" },
      ] as never);
  });

  test("an Instruction with neither is nothing, so a future one is skipped", () => {
    expect(decodeUserMessage(hex("0a00"))).toEqual([]);
    expect(decodeUserMessage(hex("0a05a206020801"))).toEqual([]);
    expect(decodeUserMessage(hex("12020801"))).toEqual([]);
  });

  test("a negative size is read as it is", () => {
    const bytes = new Writer().bytes(1, new Writer().bytes(3, hex(`28${"ff".repeat(9)}013018`)).finish());
    expect(decodeUserMessage(bytes.finish())).toEqual([{ kind: "resize", cols: -1, rows: 24 }]);
  });

  for (const bytes of ["0a", "0a05", "0a0212", "0a021205", "0a0312012a", "0a031a0128", "0a041a022880"])
    test(`${bytes} is no user message`, () => expect(decodeUserMessage(hex(bytes))).toBeUndefined());
});

describe("host message", () => {
  for (const vector of vectors.host) {
    const events = (vector.events as VectorEvent[]).map(hostEvent);
    test(`${events.length} events: ${vector.encoded.slice(0, 40)}`, () => {
      expect(toHex(encodeHostMessage(events))).toBe(vector.encoded);
      expect(plain(decodeHostMessage(hex(vector.encoded)))).toEqual(plain(events));
    });
  }

  test("of bytes, size and echo ack in one Instruction the bytes count, else the size", () => {
    const ack = new Writer().bytes(7, new Writer().varint(8, 9).finish()).finish();
    const size = hex("1a0428503018");
    const bytes = hex("1203220161");
    const message = (...parts: Uint8Array[]): HostEvent[] =>
      decodeHostMessage(new Writer().bytes(1, Buffer.concat(parts)).finish())!;
    expect(message(ack, size, bytes)[0]!.kind).toBe("bytes");
    expect(message(ack, size)[0]!.kind).toBe("resize");
    expect(message(ack)).toEqual([{ kind: "echo-ack", num: 9 }]);
  });

  for (const bytes of ["0a0312012a", "0a031a0128", "0a033a0140"])
    test(`${bytes} is no host message`, () => expect(decodeHostMessage(hex(bytes))).toBeUndefined());
});

/** All powers of two and their neighbours, and 500 others. */
function sixtyFourBits(): bigint[] {
  const random = seededRandom(2);
  const numbers = [0n, 127n, 128n];
  for (let bits = 0n; bits <= 64n; bits++)
    numbers.push(...[-1n, 0n, 1n].map((more) => BigInt.asUintN(64, (1n << bits) + more)));
  for (let n = 0; n < 500; n++) {
    const bits = BigInt((random(1)[0]! % 64) + 1);
    numbers.push(BigInt(`0x${toHex(random(8))}`) & ((1n << bits) - 1n));
  }
  return numbers;
}

/** What stands for it; undefined: nothing does. */
function doubleOf(number: bigint): number | undefined {
  if (number === 2n ** 64n - 1n) return MAX_STATE;
  return BigInt(Number(number)) === number ? Number(number) : undefined;
}

function varint(number: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = number;
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Uint8Array.of(...bytes, Number(rest));
}

describe("protobuf", () => {
  test("a 64-bit number that a double holds, and MAX, survives in the fewest bytes; any other is a failure", () => {
    let refused = 0;
    for (const number of sixtyFourBits()) {
      const bytes = Uint8Array.of(0x08, ...varint(number));
      const double = doubleOf(number);
      const reader = new Reader(bytes);
      expect(reader.next() && reader.is(1, VARINT)).toBe(true);
      if (double === undefined) {
        reader.uint64();
        expect(reader.failed).toBe(true);
        expect(reader.next()).toBe(false);
        refused++;
      } else {
        expect(reader.uint64()).toBe(double);
        expect(reader.next() || reader.failed).toBe(false);
        expect(toHex(new Writer(0).varint(1, double).finish())).toBe(toHex(bytes));
        expect(varintLength(double)).toBe(bytes.length - 1);
      }
    }
    expect(refused).toBeGreaterThan(80);
  });

  test("a number is modulo 2^64, or 2^32 where it is one of 32 bits, however many bytes it takes", () => {
    const read = (bytes: string, as: "uint64" | "uint32" | "int32"): number => {
      const reader = new Reader(hex(`08${bytes}`));
      expect(reader.next()).toBe(true);
      const value = reader[as]();
      expect(reader.failed).toBe(false);
      return value;
    };
    expect(read("8500", "uint64")).toBe(5);
    expect(read("85808080808080808000", "uint64")).toBe(5);
    expect(read("8580808080808080807e", "uint64")).toBe(5); // bits 64 to 69 only
    expect(read(`${"ff".repeat(9)}7f`, "uint64")).toBe(MAX_STATE);
    expect(read("8580808010", "uint64")).toBe(2 ** 32 + 5);
    for (const number of sixtyFourBits()) {
      const bytes = toHex(varint(number));
      expect(read(bytes, "uint32")).toBe(Number(BigInt.asUintN(32, number)));
      expect(read(bytes, "int32")).toBe(Number(BigInt.asIntN(32, number)));
    }
  });

  test("a number that no double holds spoils what it stands in, but not where nobody reads it", () => {
    const large = toHex(varint(2n ** 53n + 1n));
    for (const field of ["10", "18", "20", "28"])
      expect(decodeInstruction(hex(field + large))).toBeUndefined();
    expect(decodeInstruction(hex(`7801${"78"}${large}1007`))!.oldNum).toBe(7);
    const echoAck = (num: string): Uint8Array =>
      new Writer().bytes(1, new Writer().bytes(7, hex(`40${num}`)).finish()).finish();
    expect(decodeHostMessage(echoAck(large))).toBeUndefined();
    expect(decodeHostMessage(echoAck("05"))).toEqual([{ kind: "echo-ack", num: 5 }]);
  });

  test("no bytes make a decoder throw or run away: 20,000 random and damaged messages", () => {
    const random = seededRandom(3);
    const seeds = [...vectors.instruction, ...vectors.user, ...vectors.host].map((v) => hex(v.encoded));
    for (let n = 0; n < 20_000; n++) {
      let bytes: Uint8Array;
      if (n % 2 === 0) {
        bytes = random(random(1)[0]! % 40);
      } else {
        bytes = seeds[n % seeds.length]!.slice();
        for (let damage = 0; damage < 3 && bytes.length > 0; damage++)
          bytes[(random(1)[0]! * 7) % bytes.length] = random(1)[0]!;
        if (n % 4 === 1) bytes = bytes.subarray(0, random(1)[0]! % (bytes.length + 1));
      }
      decodeInstruction(bytes);
      decodeUserMessage(bytes);
      decodeHostMessage(bytes);
    }
  });

  test("a length that is only claimed allocates nothing and is a failure", () => {
    for (const claimed of ["0a0261", "0affffffff0f61", "0affffffffffffffffff0161"]) {
      const reader = new Reader(hex(claimed));
      expect(reader.next() && reader.is(1, LENGTH_DELIMITED)).toBe(true);
      expect(reader.bytes().length).toBe(0);
      expect(reader.failed).toBe(true);
    }
  });

  test("a message has 131,072 fields at most, wherever they are", () => {
    const repeat = (bytes: string, count: number): Uint8Array => hex(bytes.repeat(count));
    const nested = (field: number, contents: Uint8Array): Uint8Array =>
      new Writer().bytes(field, contents).finish();
    // Instructions of nothing; then keys of nothing in one Instruction; then fields and a group that nobody knows.
    expect(decodeUserMessage(repeat("0a00", 131_072))).toEqual([]);
    expect(decodeUserMessage(repeat("0a00", 131_073))).toBeUndefined();
    expect(decodeUserMessage(nested(1, repeat("1200", 131_071)))).toHaveLength(1);
    expect(decodeUserMessage(nested(1, repeat("1200", 131_072)))).toBeUndefined();
    expect(decodeUserMessage(nested(1, nested(2, repeat("2200", 131_071))))).toBeUndefined();
    expect(decodeUserMessage(repeat("7801", 131_073))).toBeUndefined();
    expect(decodeUserMessage(hex(`7b${"1001".repeat(131_071)}7c`))).toEqual([]);
    expect(decodeUserMessage(hex(`7b${"1001".repeat(131_072)}7c`))).toBeUndefined();
    expect(decodeHostMessage(repeat("0a00", 131_073))).toBeUndefined();
    // Each message has its own.
    expect(decodeUserMessage(repeat("0a00", 131_072))).toEqual([]);
  });

  test("a value belongs to whoever reads it", () => {
    const bytes = hex("0a0161");
    const reader = new Reader(bytes);
    expect(reader.next()).toBe(true);
    const value = reader.bytes();
    bytes.fill(0);
    expect([...value]).toEqual([0x61]);
  });
});

describe("compression", () => {
  test("4 MiB decompress, one byte more does not", () => {
    expect(decompress(compress(new Uint8Array(4_194_304)))!.length).toBe(4_194_304);
    expect(decompress(compress(new Uint8Array(4_194_305)))).toBeUndefined();
  });

  test("damaged, cut and empty streams are refused", () => {
    const whole = compress(seededRandom(4)(300));
    expect(decompress(new Uint8Array(0))).toBeUndefined();
    expect(decompress(whole.subarray(0, whole.length - 1))).toBeUndefined();
    const damaged = whole.slice();
    damaged[damaged.length - 1]! ^= 1; // the Adler checksum
    expect(decompress(damaged)).toBeUndefined();
    expect(decompress(hex("1f8b0800000000000003"))).toBeUndefined(); // gzip
  });
});
