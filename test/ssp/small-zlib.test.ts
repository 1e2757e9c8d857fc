/** Small zlib streams: zlib reads ours, we read zlib's, the length is zlib's, and nothing broken is taken. */
import { describe, expect, test } from "bun:test";
import { constants, deflateSync, inflateSync } from "node:zlib";
import { deflateSmall, inflateSmall } from "../../ssp/small-zlib.ts";
import { Random } from "../simulation/random.ts";

const SEED = 20261129;

describe("writing", () => {
  test(`zlib reads it back, every byte value, every small length (seed ${SEED})`, () => {
    const random = new Random(SEED);
    const all = Uint8Array.from({ length: 256 }, (_, i) => i);
    expect(new Uint8Array(inflateSync(Buffer.from(deflateSmall(all))))).toEqual(all);
    for (let length = 0; length <= 300; length++) {
      const bytes = Uint8Array.from(random.bytes(length));
      expect(new Uint8Array(inflateSync(deflateSmall(bytes)))).toEqual(bytes);
    }
    const longest = new Uint8Array(3800).fill(255);
    expect(new Uint8Array(inflateSync(deflateSmall(longest)))).toEqual(longest);
  });

  test("where nothing repeats it is no longer than zlib's", () => {
    for (let length = 0; length <= 100; length++) {
      // Some hundred different bytes below 144, whose codes are eight bits long.
      const bytes = Uint8Array.from({ length }, (_, i) => (i * 37 + 11) % 143);
      expect(deflateSmall(bytes).length).toBeLessThanOrEqual(deflateSync(bytes, { level: 6 }).length);
    }
  });
});

describe("reading", () => {
  test(`what zlib writes with the fixed code, with and without matches (seed ${SEED})`, () => {
    const random = new Random(SEED);
    let simple = 0;
    for (let i = 0; i < 3000; i++) {
      // Few letters make many matches.
      const letters = random.between(1, 256);
      const bytes = Uint8Array.from({ length: random.between(0, 400) }, () => random.between(0, letters - 1));
      for (const options of [
        { level: 6 },
        { level: 6, strategy: constants.Z_FIXED },
        { level: 1 },
        { level: 0 },
      ]) {
        const found = inflateSmall(new Uint8Array(deflateSync(bytes, options)));
        if (found === undefined) continue;
        simple++;
        expect(found).toEqual(bytes);
      }
    }
    expect(simple).toBeGreaterThan(3000);
  });

  test("long matches and far distances", () => {
    for (const text of ["a".repeat(3000), `${"abc".repeat(200)}xyz${"abc".repeat(400)}`]) {
      const bytes = new TextEncoder().encode(text);
      expect(inflateSmall(new Uint8Array(deflateSync(bytes, { strategy: constants.Z_FIXED })))).toEqual(
        bytes,
      );
    }
  });

  test(`whatever zlib refuses is not taken: every cut, every flipped bit (seed ${SEED})`, () => {
    const bytes = new TextEncoder().encode("a key, its echo, a key, and more of it");
    const stream = new Uint8Array(deflateSync(bytes, { strategy: constants.Z_FIXED }));
    const judge = (candidate: Uint8Array): void => {
      const ours = inflateSmall(candidate);
      if (ours === undefined) return;
      expect(ours).toEqual(new Uint8Array(inflateSync(Buffer.from(candidate))));
    };
    for (let length = 0; length < stream.length; length++)
      expect(inflateSmall(stream.slice(0, length))).toBeUndefined();
    for (let bit = 0; bit < stream.length * 8; bit++) {
      const flipped = Uint8Array.from(stream);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      judge(flipped);
    }
    const random = new Random(SEED);
    for (let i = 0; i < 20_000; i++) {
      const noise = random.bytes(random.between(7, 40));
      noise[0] = 0x78;
      noise[1] = 0x9c;
      noise[2] = (noise[2]! & ~7) | 3;
      judge(noise);
    }
    expect(inflateSmall(Uint8Array.of(...stream, 1, 2, 3))).toBeUndefined();
  });
});
