/**
 * Long datagrams through the runtime's AES: the same bytes as by the core's own, whichever does which datagram; when it is
 * used; and that nothing is lost, repeated or left behind when it fails. The vectors run through it in crypto.test.ts.
 */
import { afterAll, describe, expect, test } from "bun:test";
import * as nodeCrypto from "node:crypto";
import { readFileSync } from "node:fs";
import type { Abi } from "../../wasm-core/abi.ts";
import { compileCore } from "../../wasm-core/compile.ts";
import { FatalCryptoError } from "../../wasm-core/core.ts";
import { Crypto } from "../../wasm-core/crypto.ts";
import { quiet } from "../../wasm-core/load.ts";
import { RuntimeAes, type RuntimeCrypto } from "../../wasm-core/runtime-aes.ts";

const module = new WebAssembly.Module(readFileSync(compileCore()));
const KEY = Uint8Array.from({ length: 16 }, (_, n) => 0xa0 + n);
const bytesOf = (length: number): Uint8Array => Uint8Array.from({ length }, (_, n) => (n * 7 + length) & 255);
/** Long datagrams of a key until the runtime does them, and the shortest long text. */
const WARM = 8;
const LONG = 256;

/** The runtime's AES, watched: what was asked of it and what it handed out. */
class Watched implements RuntimeCrypto {
  readonly keys: Uint8Array[] = [];
  /** Lengths given to update(). */
  readonly updates: number[] = [];
  readonly results: Uint8Array[] = [];
  finals = 0;
  loads = 0;
  /** Comes in the way of each update(). */
  disturb: (result: Uint8Array) => Uint8Array = (result) => result;

  createCipheriv = (algorithm: "aes-128-ecb", key: Uint8Array, iv: null) =>
    this.#watch(nodeCrypto.createCipheriv(algorithm, key, iv), key);
  createDecipheriv = (algorithm: "aes-128-ecb", key: Uint8Array, iv: null) =>
    this.#watch(nodeCrypto.createDecipheriv(algorithm, key, iv), key);

  #watch(cipher: nodeCrypto.Cipher | nodeCrypto.Decipher, key: Uint8Array) {
    this.keys.push(key);
    return {
      setAutoPadding: (on: boolean) => cipher.setAutoPadding(on),
      update: (blocks: Uint8Array) => {
        this.updates.push(blocks.length);
        const result = this.disturb(cipher.update(blocks));
        this.results.push(result);
        return result;
      },
      final: () => {
        this.finals++;
        return cipher.final();
      },
    };
  }

  /** Forgets what was seen so far, such as the trial when it was loaded. */
  reset(): this {
    for (const list of [this.keys, this.updates, this.results]) list.length = 0;
    this.finals = 0;
    return this;
  }
}

const abis: Abi[] = [];
/** A core of its own with the runtime's AES loaded. */
async function withRuntime() {
  const abi = new WebAssembly.Instance(module, {}).exports as unknown as Abi;
  abis.push(abi);
  const watched = new Watched();
  const crypto = new Crypto(abi, async () => {
    watched.loads++;
    return RuntimeAes.of(watched);
  });
  expect(await crypto.loadRuntimeAes()).toBe(true);
  watched.reset();
  const [sealer, opener] = [crypto.createSealer(KEY, 1), crypto.createOpener(KEY)];
  /** Both ends of the key do as many long datagrams as it takes. */
  const warm = (): void => {
    for (let n = 0; n < WARM; n++) opener.open(sealer.seal(bytesOf(LONG)));
    expect(watched.updates).toEqual([]);
  };
  const free = (): void => {
    sealer.free();
    opener.free();
  };
  return { abi, watched, crypto, sealer, opener, warm, free };
}
afterAll(() => {
  for (const abi of abis) expect(abi.memory_in_use()).toBe(0);
});

/** What the core does alone. */
const alone = new Crypto(new WebAssembly.Instance(module, {}).exports as unknown as Abi);

describe("the same datagrams", () => {
  test("every length 0..1500, and the longest: sealed alike, opened alike, in any mixture", async () => {
    const { watched, sealer, opener, warm, free } = await withRuntime();
    const [ownSealer, ownOpener] = [alone.createSealer(KEY, 1), alone.createOpener(KEY)];
    warm();
    ownSealer.burn(BigInt(WARM), 0n);
    for (const length of [...Array(1501).keys(), 65_483]) {
      const datagram = sealer.seal(bytesOf(length));
      const own = ownSealer.seal(bytesOf(length));
      if (!Buffer.from(datagram).equals(own))
        expect([length, datagram.toHex()]).toEqual([length, own.toHex()]);
      for (const text of [opener.open(own), ownOpener.open(datagram)]) {
        if (!text || !Buffer.from(text).equals(bytesOf(length))) expect(`text of ${length}`).toBe("opened");
      }
    }
    expect(watched.updates.length).toBe(2 * (1501 - LONG + 1));
    expect(sealer.blocks).toBe(ownSealer.blocks + (WARM * LONG) / 16);
    for (const handle of [ownSealer, ownOpener]) handle.free();
    free();
  });

  test("any one changed bit and any cut is refused, the text that was computed is gone, and the opener goes on", async () => {
    const { abi, watched, sealer, opener, warm, free } = await withRuntime();
    warm();
    const text = crypto.getRandomValues(new Uint8Array(LONG + 21));
    const datagram = sealer.seal(text);
    const stays = (): boolean => {
      const memory = Buffer.from(abi.memory.buffer);
      return [0, 16, 128, LONG, LONG + 5].some((at) =>
        memory.includes(Buffer.from(text.subarray(at, at + 16))),
      );
    };
    opener.open(datagram);
    expect(stays()).toBe(true);
    for (let bit = 0; bit < 8 * datagram.length; bit++) {
      const forged = datagram.slice();
      forged[bit >> 3]! ^= 1 << (bit & 7);
      if (opener.open(forged) !== undefined) expect(`bit ${bit}`).toBe("refused");
      if (bit % 100 === 99) expect(stays()).toBe(false);
    }
    for (let cut = 0; cut < datagram.length; cut++) {
      if (opener.open(datagram.subarray(0, cut)) !== undefined) expect(`cut ${cut}`).toBe("refused");
    }
    expect(watched.updates.length).toBeGreaterThan(8 * datagram.length);
    expect(opener.open(datagram)).toEqual(text);
    free();
  });

  test("the core's memory grows between two datagrams, and between the two halves of one", async () => {
    const { abi, watched, sealer, opener, warm, free } = await withRuntime();
    warm();
    const grow = (): void => {
      const pages = abi.memory.buffer.byteLength;
      abi.memory.grow(1);
      expect(abi.memory.buffer.byteLength).toBeGreaterThan(pages);
    };
    watched.disturb = (result) => {
      grow();
      return result;
    };
    for (const length of [LONG, 1300]) {
      grow();
      const datagram = sealer.seal(bytesOf(length));
      grow();
      expect(opener.open(datagram)).toEqual(bytesOf(length));
    }
    expect(watched.updates.length).toBe(4);
    free();
  });
});

test("a key whose context lies beyond 2 GiB", async () => {
  const { abi, crypto, watched, free } = await withRuntime();
  const gigabyte = 2 ** 30;
  const blocks = [abi.memory_scratch(gigabyte), abi.memory_scratch(gigabyte)];
  const handles = Array.from({ length: 400 }, () => crypto.createSealer(KEY, 1));
  const far = handles.at(-1)!;
  for (let n = 0; n < WARM; n++) far.seal(bytesOf(LONG));
  const own = alone.createOpener(KEY);
  expect(own.open(far.seal(bytesOf(1300)))).toEqual(bytesOf(1300));
  expect(watched.updates.length).toBe(1);
  expect(watched.keys[0]!.byteOffset).toBeGreaterThan(2 ** 31);
  for (const handle of [...handles, own]) handle.free();
  for (const block of blocks) abi.memory_release_scratch(block, gigabyte);
  free();
});

describe("when it is used", () => {
  test("for texts from 256 bytes on, after eight of them, and for no other key", async () => {
    const { watched, crypto, sealer, opener, warm, free } = await withRuntime();
    for (let n = 0; n < 50; n++) opener.open(sealer.seal(bytesOf(LONG - 1)));
    warm();
    expect(watched.keys).toEqual([]);
    const datagram = sealer.seal(bytesOf(LONG));
    expect(watched.updates).toEqual([LONG + 16]);
    opener.open(datagram);
    expect(watched.updates).toEqual([LONG + 16, LONG]);
    sealer.seal(bytesOf(LONG - 1));
    opener.open(sealer.seal(bytesOf(LONG + 1)));
    expect(watched.updates).toEqual([LONG + 16, LONG, LONG + 32, LONG]);
    // One schedule for each end of the key, made once.
    expect(watched.keys.length).toBe(2);
    const other = crypto.createSealer(bytesOf(16), 0);
    other.seal(bytesOf(1300));
    expect(watched.keys.length).toBe(2);
    other.free();
    free();
  });

  test("it is loaded once, after a thousand long datagrams, and used from then on", async () => {
    let loads = 0;
    const watched = new Watched();
    const abi = new WebAssembly.Instance(module, {}).exports as unknown as Abi;
    const counts: number[] = [];
    const crypto = new Crypto(abi, async (datagrams) => {
      loads++;
      counts.push(datagrams());
      return RuntimeAes.of(watched);
    });
    const sealer = crypto.createSealer(KEY, 0);
    for (let n = 0; n < 5000; n++) sealer.seal(bytesOf(100));
    for (let n = 0; n < 999; n++) sealer.seal(bytesOf(LONG));
    expect(loads).toBe(0);
    // While it is on its way, and when it has come.
    for (let n = 0; n < 3000; n++) sealer.seal(bytesOf(LONG));
    expect([loads, counts]).toEqual([1, [6000]]);
    await crypto.loadRuntimeAes();
    watched.reset();
    for (let n = 0; n < 3000; n++) sealer.seal(bytesOf(LONG));
    expect(loads).toBe(1);
    expect(watched.updates.length).toBe(3000 - WARM);
    sealer.free();
  });

  test("a pause in the datagrams is waited for, but not for ever", async () => {
    const pauses = async (counts: number[]): Promise<number> => {
      let at = 0;
      await quiet(
        () => counts[Math.min(at, counts.length - 1)]!,
        async () => {
          at++;
        },
      );
      return at;
    };
    expect(await pauses([1000])).toBe(1);
    expect(await pauses([1000, 1001, 1002, 1002])).toBe(3);
    expect(await pauses([...Array(100).keys()])).toBe(20);
  });

  test("a runtime that has none, or another cipher under the name, is left alone", async () => {
    const turned = (blocks: Uint8Array): Uint8Array => blocks.map((byte) => byte ^ 1);
    const holding = (blocks: Uint8Array): Uint8Array => blocks.subarray(16);
    const runtimes: (() => Promise<RuntimeCrypto>)[] = [
      () => Promise.reject(new Error("no such module")),
      async () => ({}) as RuntimeCrypto,
      async () => Object.assign(new Watched(), { disturb: turned }),
      async () => Object.assign(new Watched(), { disturb: holding }),
      async () => Object.assign(new Watched(), { createDecipheriv: new Watched().createCipheriv }),
      // Right for one block and wrong for the next.
      async () => ({
        createCipheriv: (_, key) => nodeCrypto.createCipheriv("aes-128-cbc", key, new Uint8Array(16)),
        createDecipheriv: (_, key) => nodeCrypto.createDecipheriv("aes-128-cbc", key, new Uint8Array(16)),
      }),
    ];
    for (const load of runtimes) {
      const abi = new WebAssembly.Instance(module, {}).exports as unknown as Abi;
      const crypto = new Crypto(abi, async () => RuntimeAes.of(await load()));
      expect(await crypto.loadRuntimeAes()).toBe(false);
      const [sealer, opener] = [crypto.createSealer(KEY, 0), crypto.createOpener(KEY)];
      for (let n = 0; n < 1100; n++) sealer.seal(bytesOf(LONG));
      expect(opener.open(sealer.seal(bytesOf(1300)))).toEqual(bytesOf(1300));
    }
    expect(await alone.loadRuntimeAes()).toBe(false);
    expect(() =>
      alone.vectors.seal({ key: KEY, nonce: KEY.subarray(4), ad: KEY, tagBytes: 16 }, KEY, "runtime"),
    ).toThrow("the runtime's AES is not there");
  });
});

describe("failures", () => {
  const failures: Record<string, (watched: Watched) => void> = {
    "update() throws": (watched) => {
      watched.disturb = () => {
        throw new Error("out of memory");
      };
    },
    "blocks are missing": (watched) => {
      watched.disturb = (result) => result.subarray(16);
    },
    "there are too many": (watched) => {
      watched.disturb = (result) => Buffer.concat([result, result]);
    },
    "no schedule can be made": (watched) => {
      watched.createCipheriv = watched.createDecipheriv = () => {
        throw new Error("out of memory");
      };
    },
  };
  for (const [what, fail] of Object.entries(failures)) {
    test(`${what}: that datagram and all later ones are done by the core, and no number is used twice`, async () => {
      for (const first of ["sealing", "opening"] as const) {
        const { watched, sealer, opener, warm, free } = await withRuntime();
        const [ownSealer, ownOpener] = [alone.createSealer(KEY, 1), alone.createOpener(KEY)];
        ownSealer.burn(BigInt(WARM), 0n);
        warm();
        if (first === "opening") ownSealer.seal(bytesOf(9));
        let datagram = first === "opening" ? sealer.seal(bytesOf(9)) : bytesOf(0);
        fail(watched);
        for (let n = 0; n < 20; n++) {
          const own = ownSealer.seal(bytesOf(1000 + n));
          if (first === "opening") expect(opener.open(own)).toEqual(bytesOf(1000 + n));
          const next = sealer.seal(bytesOf(1000 + n));
          expect(next).toEqual(own);
          expect(next.subarray(0, 8)).not.toEqual(datagram.subarray(0, 8));
          expect(ownOpener.open(next)).toEqual(bytesOf(1000 + n));
          datagram = next;
        }
        expect(watched.updates.length).toBe(what === "no schedule can be made" ? 0 : 1);
        expect(sealer.nextSequence).toBe(ownSealer.nextSequence);
        for (let n = 0; n < 1100; n++) sealer.seal(bytesOf(LONG));
        expect(watched.loads).toBe(1);
        for (const handle of [ownSealer, ownOpener]) handle.free();
        free();
      }
    });
  }

  test("a key that has been used up is fatal here, too, before anything is enciphered [P 3.4]", async () => {
    const { watched, sealer, warm, free } = await withRuntime();
    warm();
    sealer.burn(0n, 2n ** 47n);
    for (let n = 0; n < 3; n++) expect(() => sealer.seal(bytesOf(1300))).toThrow(FatalCryptoError);
    expect(watched.updates).toEqual([]);
    free();
  });
});

describe("secrets", () => {
  test("the key is read where the core keeps it, and the arrays that come back are wiped", async () => {
    const { abi, watched, sealer, opener, warm, free } = await withRuntime();
    warm();
    for (let n = 0; n < 10; n++) opener.open(sealer.seal(crypto.getRandomValues(new Uint8Array(1300))));
    expect(watched.results.length).toBe(20);
    for (const array of watched.results) expect(array.every((byte) => byte === 0)).toBe(true);
    for (const key of watched.keys) {
      expect(key).toEqual(KEY);
      expect(key.buffer).toBe(abi.memory.buffer);
    }
    free();
  });

  test("free() ends the runtime's cipher, which cannot be used from then on", async () => {
    const { watched, sealer, opener, warm, free } = await withRuntime();
    warm();
    opener.open(sealer.seal(bytesOf(1300)));
    free();
    expect(watched.finals).toBe(2);
    const cipher = nodeCrypto.createCipheriv("aes-128-ecb", KEY, null);
    cipher.setAutoPadding(false);
    cipher.update(KEY);
    cipher.final();
    expect(() => cipher.update(KEY)).toThrow();
  });

  test("no text and no mask of a long datagram stays behind it in the staging area", async () => {
    const { abi, sealer, warm, free } = await withRuntime();
    warm();
    const text = crypto.getRandomValues(new Uint8Array(LONG + 21));
    const datagram = sealer.seal(text);
    const staged = abi.ocb_staging() + 8;
    const behind = Buffer.from(abi.memory.buffer).subarray(staged, staged + 65_536);
    expect(Buffer.from(behind.subarray(0, datagram.length)).equals(datagram)).toBe(true);
    for (let at = 0; at + 5 <= text.length; at++) {
      if (behind.includes(Buffer.from(text.subarray(at, at + 5)))) expect(`text at ${at}`).toBe("gone");
    }
    free();
  });
});
