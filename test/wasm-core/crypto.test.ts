/**
 * OCB as RFC 7253 has it. Every test of the cipher is a function of the implementation and runs on the wasm core, on the
 * core with the runtime's AES and on the oracle alike; then all are held against each other on random input. Handles:
 * crypto-handles.test.ts.
 */
import { describe, expect, test } from "bun:test";
import * as nodeCrypto from "node:crypto";
import { readFileSync } from "node:fs";
import { compileCore } from "../../wasm-core/compile.ts";
import { Core } from "../../wasm-core/core.ts";
import type { OcbInput } from "../../wasm-core/crypto.ts";
import { RuntimeAes } from "../../wasm-core/runtime-aes.ts";
import vectors from "../vectors/ocb-aes128.json";
import { type OcbImplementation, ocbOracle } from "./ocb-oracle.ts";

const core = new Core(new WebAssembly.Module(readFileSync(compileCore())), async () =>
  RuntimeAes.of(nodeCrypto),
);
await core.loadRuntimeAes();
const ocbOf = (by: "core" | "runtime", name: string): OcbImplementation => ({
  name,
  seal: (input, plaintext) => core.ocbForVectors.seal(input, plaintext, by),
  open: (input, ciphertext) => core.ocbForVectors.open(input, ciphertext, by),
});
const ocbCore = ocbOf("core", "wasm core");
const ocbRuntime = ocbOf("runtime", "wasm core with the runtime's AES");

const NONE = new Uint8Array(0);
const fromHex = (text: string): Uint8Array => Uint8Array.fromHex(text);

/** The counter as a 12-byte big-endian nonce. */
function nonceOf(number: number): Uint8Array {
  const nonce = new Uint8Array(12);
  new DataView(nonce.buffer).setUint32(8, number);
  return nonce;
}

/** A seeded random source (mulberry32), one byte at a time. */
function randomBytes(seed: number): (length: number) => Uint8Array {
  let state = seed;
  return (length) =>
    Uint8Array.from({ length }, () => {
      state = (state + 0x6d2b79f5) | 0;
      let t = Math.imul(state ^ (state >>> 15), state | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return (t ^ (t >>> 14)) >>> 24;
    });
}

for (const ocb of [ocbCore, ocbRuntime, ocbOracle]) {
  describe(`OCB, ${ocb.name}`, () => {
    test(`all ${vectors.cases.length} vectors seal and open`, () => {
      expect(vectors.cases.length).toBeGreaterThanOrEqual(72);
      for (const { name, key, nonce, ad, plaintext, ciphertext, taglen_bits } of vectors.cases) {
        const input = {
          key: fromHex(key),
          nonce: fromHex(nonce),
          ad: fromHex(ad),
          tagBytes: taglen_bits / 8,
        };
        expect([name, ocb.seal(input, fromHex(plaintext)).toHex()]).toEqual([name, ciphertext]);
        expect([name, ocb.open(input, fromHex(ciphertext))?.toHex()]).toEqual([name, plaintext]);
      }
    });

    for (const { taglen_bits, key, output, accumulated_len } of vectors.iterated) {
      test(`RFC 7253 Appendix A iterated check, ${taglen_bits}-bit tag`, () => {
        const tagBytes = taglen_bits / 8;
        const keyBytes = fromHex(key);
        const seal = (n: number, ad: Uint8Array, text: Uint8Array): Uint8Array =>
          ocb.seal({ key: keyBytes, nonce: nonceOf(n), ad, tagBytes }, text);
        const parts: Uint8Array[] = [];
        for (let i = 0; i < 128; i++) {
          const zeros = new Uint8Array(i);
          parts.push(
            seal(3 * i + 1, zeros, zeros),
            seal(3 * i + 2, NONE, zeros),
            seal(3 * i + 3, zeros, NONE),
          );
        }
        const all = Uint8Array.from(Buffer.concat(parts));
        expect(all.length).toBe(accumulated_len);
        expect(seal(385, all, NONE).toHex()).toBe(output);
      });
    }

    test("a change of any one byte of ciphertext, tag, nonce or associated data is refused", () => {
      const random = randomBytes(7253);
      for (const length of [0, 1, 15, 16, 17, 47, 64, 100]) {
        const input = { key: random(16), nonce: random(12), ad: random(19), tagBytes: 16 };
        const sealed = ocb.seal(input, random(length));
        const flip = (bytes: Uint8Array, n: number): Uint8Array =>
          bytes.map((byte, m) => (m === n ? byte ^ (1 << (n % 8)) : byte));
        for (let n = 0; n < sealed.length; n++) expect(ocb.open(input, flip(sealed, n))).toBeUndefined();
        for (let n = 0; n < 12; n++) {
          expect(ocb.open({ ...input, nonce: flip(input.nonce, n) }, sealed)).toBeUndefined();
        }
        for (let n = 0; n < 19; n++) {
          expect(ocb.open({ ...input, ad: flip(input.ad, n) }, sealed)).toBeUndefined();
        }
        for (let n = 0; n < 16; n++) {
          expect(ocb.open({ ...input, key: flip(input.key, n) }, sealed)).toBeUndefined();
        }
        // Cut short anywhere, and longer by one byte.
        for (let n = 0; n < sealed.length; n++) {
          expect(ocb.open(input, sealed.subarray(0, n))).toBeUndefined();
        }
        expect(ocb.open(input, Uint8Array.from([...sealed, 0]))).toBeUndefined();
        expect(ocb.open(input, sealed)).toBeDefined();
      }
    });

    test("the tag length is part of the nonce block: a shorter tag is not a prefix of a longer one", () => {
      const input = { key: new Uint8Array(16), nonce: nonceOf(1), ad: NONE };
      const long = ocb.seal({ ...input, tagBytes: 16 }, NONE);
      const short = ocb.seal({ ...input, tagBytes: 12 }, NONE);
      expect(short.toHex()).not.toBe(long.subarray(0, 12).toHex());
    });
  });
}

describe("the core equals the oracle", () => {
  const compare = (note: string, input: OcbInput, plaintext: Uint8Array): void => {
    const expected = ocbOracle.seal(input, plaintext);
    for (const ocb of [ocbCore, ocbRuntime]) {
      const sealed = ocb.seal(input, plaintext);
      const opened = ocb.open(input, expected);
      const told = `${ocb.name}, ${note}`;
      // One comparison of buffers a case, and the words only when it fails: expect() per case costs more than the cipher.
      if (!Buffer.from(sealed).equals(expected)) expect(`${told}: ${sealed.toHex()}`).toBe(expected.toHex());
      if (opened === undefined || !Buffer.from(opened).equals(plaintext)) {
        expect(`${told}: ${opened?.toHex()}`).toBe(plaintext.toHex());
      }
    }
  };

  test("10,000 random cases of the protocol's shape: every tail, block and MTU edges", () => {
    const seed = Number(process.env.STERNA_SEED ?? (Math.random() * 2 ** 32) >>> 0);
    const random = randomBytes(seed);
    const edges = [
      0, 16, 32, 48, 64, 96, 112, 128, 256, 484, 496, 500, 512, 1024, 1220, 1256, 1280, 1300, 1500, 2048,
    ];
    let key = random(16);
    for (let n = 0; n < 10_000; n++) {
      if (n % 50 === 0) key = random(16);
      const [pick = 0, low = 0] = random(2);
      // Half of the cases 0..33, most others around an edge, a few anywhere up to 4 kB.
      let length = n % 34;
      if (n % 2 === 1) length = Math.max(0, edges[n % edges.length]! - 2 + (pick % 5));
      if (n % 2 === 1 && length > 512 && n % 8 !== 1) length %= 512;
      if (n % 250 === 249) length = pick * 16 + (low % 16);
      // Half of the nonces are neighbours of the one before, so that the cached Ktop is used and left.
      const nonce = n % 4 < 2 ? random(12) : nonceOf(n);
      compare(
        `seed ${seed}, case ${n}, ${length} bytes`,
        { key, nonce, ad: NONE, tagBytes: 16 },
        random(length),
      );
    }
  });

  test("1,000 random cases with associated data, other tag lengths and nonce lengths", () => {
    const seed = Number(process.env.STERNA_SEED ?? (Math.random() * 2 ** 32) >>> 0);
    const random = randomBytes(seed);
    for (let n = 0; n < 1_000; n++) {
      const [adLength = 0, length = 0] = random(2);
      const input = { key: random(16), nonce: random(n % 16), ad: random(adLength), tagBytes: 1 + (n % 16) };
      compare(`seed ${seed}, case ${n}`, input, random(length));
    }
  });

  test("all 64 values of the nonce's last six bits", () => {
    const random = randomBytes(64);
    const key = random(16);
    for (let bottom = 0; bottom < 64; bottom++) {
      compare(`bottom ${bottom}`, { key, nonce: nonceOf(bottom), ad: NONE, tagBytes: 16 }, random(40));
    }
  });

  test("the longest text: every L_i is used", () => {
    const random = randomBytes(65);
    const input = { key: random(16), nonce: random(12), ad: NONE, tagBytes: 16 };
    compare("65,400 bytes", input, random(65_400));
    compare("65,400 bytes of associated data", { ...input, ad: random(65_400) }, NONE);
  });
});

test("arguments out of range are named, and the key is never in the text", () => {
  const input = {
    key: fromHex("00112233445566778899aabbccddeeff"),
    nonce: nonceOf(0),
    ad: NONE,
    tagBytes: 16,
  };
  const failure = (change: Partial<OcbInput>, text: Uint8Array = NONE): string => {
    try {
      core.ocbForVectors.seal({ ...input, ...change }, text);
    } catch (error) {
      return String(error);
    }
    return "";
  };
  expect(failure({ nonce: new Uint8Array(16) })).toBe(
    "RangeError: nonce: expected at most 15 bytes, came 16 bytes",
  );
  expect(failure({ tagBytes: 0 })).toBe("RangeError: tagBytes: expected 1 … 16, came 0");
  expect(failure({ tagBytes: 17 })).toBe("RangeError: tagBytes: expected 1 … 16, came 17");
  expect(failure({}, new Uint8Array(70_000))).toContain("came 70000");
  const short = failure({ key: fromHex("00112233445566778899aabbccddee") });
  expect(short).toBe("TypeError: key: expected a Uint8Array of 16 bytes, came 15 bytes");
});
