/**
 * Sealer and Opener: a session's datagrams, nonces that cannot repeat, limits, freed handles, and what stays in memory.
 * The cipher itself: crypto.test.ts.
 */
import { afterAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import type { Abi } from "../../wasm-core/abi.ts";
import { compileCore } from "../../wasm-core/compile.ts";
import { FatalCryptoError, type Opener, type Sealer } from "../../wasm-core/core.ts";
import { Crypto } from "../../wasm-core/crypto.ts";
import packets from "../vectors/packets.json";
import { ocbOracle } from "./ocb-oracle.ts";

/** An instance of its own, so that its whole memory can be searched. */
const abi = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(compileCore())), {})
  .exports as unknown as Abi;
const crypto = new Crypto(abi);
const live: (Sealer | Opener)[] = [];
const sealerOf = (key: Uint8Array, direction: 0 | 1 = 0): Sealer => {
  const sealer = crypto.createSealer(key, direction);
  live.push(sealer);
  return sealer;
};
const openerOf = (key: Uint8Array): Opener => {
  const opener = crypto.createOpener(key);
  live.push(opener);
  return opener;
};
afterAll(() => {
  for (const handle of live) handle.free();
  expect(abi.memory_in_use()).toBe(0);
});

const KEY = Uint8Array.from({ length: 16 }, (_, n) => 0xa0 + n);
const bytesOf = (length: number): Uint8Array => Uint8Array.from({ length }, (_, n) => (n * 7 + length) & 255);

describe("datagrams", () => {
  const key = Uint8Array.fromHex(packets.key_hex);

  for (const packet of packets.packets) {
    const plaintext = new Uint8Array(14 + packet.contents.length / 2);
    const view = new DataView(plaintext.buffer);
    view.setUint16(0, packet.timestamp);
    view.setUint16(2, packet.timestamp_reply);
    view.setBigUint64(4, BigInt(packet.fragment_id));
    view.setUint16(12, packet.fragment_num | (packet.final ? 0x8000 : 0));
    plaintext.set(Uint8Array.fromHex(packet.contents), 14);

    test(`packets.json, ${packet.name}: sealed and opened`, () => {
      const sealer = sealerOf(key, packet.to_client ? 1 : 0);
      sealer.burn(BigInt(packet.seq), 0n);
      expect(sealer.seal(plaintext).toHex()).toBe(packet.datagram);
      expect(openerOf(key).open(Uint8Array.fromHex(packet.datagram))).toEqual(plaintext);
    });
  }

  test("every length 0..300 and around the MTUs goes through, and equals the oracle's", () => {
    const sealer = sealerOf(KEY, 1);
    const opener = openerOf(KEY);
    const lengths = [...Array(301).keys(), 484, 500, 1219, 1256, 1299, 1300, 1301, 1472, 2024, 4095, 65_483];
    for (const length of lengths) {
      const datagram = sealer.seal(bytesOf(length));
      expect(datagram.length).toBe(length + 24);
      const nonce = new Uint8Array(12);
      nonce.set(datagram.subarray(0, 8), 4);
      const input = { key: KEY, nonce, ad: new Uint8Array(0), tagBytes: 16 };
      expect(datagram.subarray(8).toHex()).toBe(ocbOracle.seal(input, bytesOf(length)).toHex());
      expect(opener.open(datagram)).toEqual(bytesOf(length));
    }
  });

  test("any one changed bit, also in the nonce, and any cut is refused; the opener goes on working", () => {
    const sealer = sealerOf(KEY);
    const opener = openerOf(KEY);
    for (const length of [0, 5, 16, 33]) {
      const datagram = sealer.seal(bytesOf(length));
      for (let bit = 0; bit < 8 * datagram.length; bit++) {
        const forged = datagram.slice();
        forged[bit >> 3]! ^= 1 << (bit & 7);
        if (opener.open(forged) !== undefined) expect(`bit ${bit} of ${length} bytes`).toBe("refused");
      }
      for (let cut = 0; cut < datagram.length; cut++) {
        expect(opener.open(datagram.subarray(0, cut))).toBeUndefined();
      }
      expect(opener.open(datagram)).toEqual(bytesOf(length));
    }
    expect(opener.open(new Uint8Array(65_508))).toBeUndefined();
    expect(openerOf(bytesOf(16)).open(sealer.seal(bytesOf(9)))).toBeUndefined();
  });

  test("results are fresh arrays: a later call does not change them, and the caller's bytes are not touched", () => {
    const sealer = sealerOf(KEY);
    const opener = openerOf(KEY);
    const plaintext = bytesOf(100);
    const first = sealer.seal(plaintext);
    const copy = first.slice();
    const opened = opener.open(first);
    sealer.seal(new Uint8Array(100));
    expect(first).toEqual(copy);
    expect(plaintext).toEqual(bytesOf(100));
    expect(opened).toEqual(bytesOf(100));
  });
});

describe("nonces", () => {
  test("count up from 0 and never repeat, whatever is done between", () => {
    const sealers = [sealerOf(KEY, 0), sealerOf(KEY, 1)];
    const seen = new Set<string>();
    sealers.forEach((sealer, direction) => {
      for (let n = 0; n < 5_000; n++) {
        expect(sealer.nextSequence).toBe(BigInt(n));
        if (n % 100 === 50) expect(() => sealer.seal(new Uint8Array(70_000))).toThrow(RangeError);
        const datagram = sealer.seal(bytesOf(n % 40));
        expect(new DataView(datagram.buffer).getBigUint64(0)).toBe((BigInt(direction) << 63n) | BigInt(n));
        seen.add(datagram.subarray(0, 8).toHex());
      }
    });
    expect(seen.size).toBe(10_000);
  });

  test("the counter cannot be set from outside", () => {
    const sealer = sealerOf(KEY);
    sealer.seal(bytesOf(1));
    expect(() => {
      (sealer as { nextSequence: bigint }).nextSequence = 0n;
    }).toThrow(TypeError);
    expect(() => sealer.burn(-1n, 0n)).toThrow(RangeError);
    expect(() => sealer.burn(0n, -1n)).toThrow(RangeError);
    expect(() => structuredClone(sealer).seal(bytesOf(1))).toThrow();
    expect(sealer.nextSequence).toBe(1n);
  });

  test("direction must be 0 or 1", () => {
    for (const direction of [2, -1, 0.5, Number.NaN, "1", undefined]) {
      expect(() => crypto.createSealer(KEY, direction as 0)).toThrow("direction: expected 0");
    }
  });
});

describe("limits [P 3.4]", () => {
  test("blocks are ceil(length / 16) a datagram", () => {
    const sealer = sealerOf(KEY);
    for (const [length, blocks] of [
      [0, 0],
      [1, 1],
      [16, 2],
      [17, 4],
      [1300, 86],
    ] as const) {
      sealer.seal(bytesOf(length));
      expect(sealer.blocks).toBe(blocks);
    }
  });

  test("the datagram that reaches 2^47 blocks is fatal, and so is every one after it", () => {
    const sealer = sealerOf(KEY);
    sealer.burn(0n, 2n ** 47n - 3n);
    sealer.seal(bytesOf(32));
    expect(sealer.blocks).toBe(2 ** 47 - 1);
    sealer.seal(bytesOf(0));
    for (const length of [1, 0, 100]) {
      expect(() => sealer.seal(bytesOf(length))).toThrow(new FatalCryptoError("Encrypted 2^47 blocks."));
    }
    expect(sealer.nextSequence).toBe(2n);
  });

  test("2^63 datagrams: the last number is used, then the counter has wrapped, for good", () => {
    for (const burnt of [2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n]) {
      const sealer = sealerOf(KEY, 1);
      sealer.seal(bytesOf(1));
      sealer.burn(burnt === 2n ** 63n - 1n ? burnt - 1n : burnt, 0n);
      if (burnt === 2n ** 63n - 1n) {
        expect(sealer.seal(bytesOf(1)).subarray(0, 8).toHex()).toBe("ffffffffffffffff");
      }
      expect(() => sealer.seal(bytesOf(1))).toThrow(new FatalCryptoError("Counter wrapped"));
      sealer.burn(2n ** 64n - 1n, 2n ** 64n - 1n);
      expect(() => sealer.seal(bytesOf(1))).toThrow(FatalCryptoError);
      expect(sealer.nextSequence).toBe(2n ** 63n);
    }
  });

  test("an opener's key context cannot seal", () => {
    const context = abi.ocb_create_opener();
    expect(abi.ocb_seal(context, 0)).toBeLessThan(0);
    abi.ocb_free(context);
  });
});

describe("freed handles and memory", () => {
  test("every use of a freed handle throws, also after its memory went to another key", () => {
    const sealer = crypto.createSealer(KEY, 0);
    const opener = crypto.createOpener(KEY);
    const datagram = sealer.seal(bytesOf(20));
    sealer.free();
    opener.free();
    sealerOf(bytesOf(16));
    openerOf(bytesOf(16));
    for (const use of [
      () => sealer.seal(bytesOf(1)),
      () => sealer.nextSequence,
      () => sealer.blocks,
      () => sealer.burn(1n, 1n),
      () => sealer.free(),
    ]) {
      expect(use).toThrow("Sealer: used after free()");
    }
    expect(() => opener.open(datagram)).toThrow("Opener: used after free()");
    expect(() => opener.free()).toThrow("Opener: used after free()");
  });

  test("keys of a wrong length or type are refused without their bytes", () => {
    for (const key of [
      new Uint8Array(15),
      new Uint8Array(17),
      new Uint8Array(32),
      "0123456789abcdef",
      undefined,
    ]) {
      const expected = key instanceof Uint8Array ? `came ${key.length} bytes` : `came ${typeof key}`;
      expect(() => crypto.createSealer(key as Uint8Array, 0)).toThrow(expected);
      expect(() => crypto.createOpener(key as Uint8Array)).toThrow(expected);
    }
  });

  /** How often the bytes occur in the whole linear memory. */
  const occurrences = (needle: Uint8Array): number => {
    const memory = Buffer.from(abi.memory.buffer);
    let count = 0;
    for (let at = memory.indexOf(needle); at >= 0; at = memory.indexOf(needle, at + 1)) count++;
    return count;
  };

  test("a key is in its context alone while it lives, and nowhere after free", () => {
    const key = Uint8Array.fromHex("5d0c81f2a94e6b37c815d2f07e3ba964");
    const used = abi.memory_in_use();
    const before = new Uint8Array(abi.memory.buffer).slice();
    const sealer = crypto.createSealer(key, 0);
    const opener = crypto.createOpener(key);
    // The last decryption round key is the key itself: once in each context and not in the staging area.
    expect(occurrences(key)).toBe(2);
    const context = Buffer.from(abi.memory.buffer).indexOf(key) & ~15;
    const material = new Uint8Array(abi.memory.buffer).slice(context - 336, context + 240);
    expect(opener.open(sealer.seal(bytesOf(100)))).toEqual(bytesOf(100));
    crypto.vectors.seal({ key, nonce: bytesOf(12), ad: bytesOf(40), tagBytes: 16 }, bytesOf(50));
    expect(occurrences(key)).toBe(2);
    sealer.free();
    opener.free();
    expect(occurrences(key)).toBe(0);
    expect(abi.memory_in_use()).toBe(used);
    // Nor does any 16-byte piece of the round keys or of the L table stay anywhere.
    for (let at = 0; at + 16 <= material.length; at += 16) {
      const piece = material.subarray(at, at + 16);
      if (piece.some((byte) => byte !== 0) && Buffer.from(before).indexOf(piece) < 0)
        expect(occurrences(piece)).toBe(0);
    }
  });

  test("the plaintext of a forged datagram does not stay in memory", () => {
    const plaintext = new TextEncoder().encode(
      "the first line of sixteen bytes and more, then the tail of it",
    );
    const sealer = sealerOf(KEY);
    const opener = openerOf(KEY);
    const datagram = sealer.seal(plaintext);
    datagram[datagram.length - 1]! ^= 1;
    expect(opener.open(datagram)).toBeUndefined();
    for (let at = 0; at + 16 <= plaintext.length; at += 16) {
      expect(occurrences(plaintext.subarray(at, at + 16))).toBe(0);
    }
    expect(occurrences(plaintext.subarray(-13))).toBe(0);
  });

  test("100,000 handles made and freed take no memory; growth in between keeps every handle working", () => {
    const used = abi.memory_in_use();
    for (let n = 0; n < 50_000; n++) {
      crypto.createSealer(KEY, 0).free();
      crypto.createOpener(KEY).free();
    }
    expect(abi.memory_in_use()).toBe(used);
    const sealer = sealerOf(KEY);
    const opener = openerOf(KEY);
    const withTwo = abi.memory_in_use();
    expect(withTwo).toBeGreaterThan(used);
    const pages = abi.memory.buffer.byteLength;
    const many: Sealer[] = [];
    while (abi.memory.buffer.byteLength === pages) many.push(crypto.createSealer(KEY, 1));
    expect(opener.open(sealer.seal(bytesOf(77)))).toEqual(bytesOf(77));
    for (const handle of many) handle.free();
    expect(abi.memory_in_use()).toBe(withTwo);
  });
});
