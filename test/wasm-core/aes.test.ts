/**
 * AES below OCB: the published vectors, the derivation of the tables, and that the compiled cipher cannot leak through
 * time: no instruction of it turns key, state or plaintext into an integer, so none can be an address or a condition.
 */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Abi } from "../../wasm-core/abi.ts";
import { compileCore } from "../../wasm-core/compile.ts";
import { renderTables } from "../../wasm-core/tools/derive-aes-tables.ts";

const root = join(import.meta.dir, "..", "..");

describe("AES-128", () => {
  const abi = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(compileCore())), {})
    .exports as unknown as Abi;
  // Key, plaintext, ciphertext.
  const vectors = [
    // FIPS 197, Appendix B and C.1.
    [
      "2b7e151628aed2a6abf7158809cf4f3c",
      "3243f6a8885a308d313198a2e0370734",
      "3925841d02dc09fbdc118597196a0b32",
    ],
    [
      "000102030405060708090a0b0c0d0e0f",
      "00112233445566778899aabbccddeeff",
      "69c4e0d86a7b0430d8cdb78070b4c55a",
    ],
    // NIST SP 800-38A, F.1.1: ECB-AES128, four blocks.
    [
      "2b7e151628aed2a6abf7158809cf4f3c",
      "6bc1bee22e409f96e93d7e117393172a",
      "3ad77bb40d7a3660a89ecaf32466ef97",
    ],
    [
      "2b7e151628aed2a6abf7158809cf4f3c",
      "ae2d8a571e03ac9c9eb76fac45af8e51",
      "f5d3d58503b9699de785895a96fdbaaf",
    ],
    [
      "2b7e151628aed2a6abf7158809cf4f3c",
      "30c81c46a35ce411e5fbc1191a0a52ef",
      "43b1cd7f598ece23881b00e3ed030688",
    ],
    [
      "2b7e151628aed2a6abf7158809cf4f3c",
      "f69f2445df4f9b17ad2b417be66c3710",
      "7b0c785e27e8ad3f8223207104725dd4",
    ],
  ] as const;

  for (const [key, plaintext, ciphertext] of vectors) {
    test(`${plaintext} under ${key}: one, two and three at a time, and back`, () => {
      const text = abi.ocb_staging() + 16;
      const bytes = () => new Uint8Array(abi.memory.buffer);
      bytes().set(Uint8Array.fromHex(key), text);
      const context = abi.ocb_create_opener();
      const run = (blocks: number, from: string, operation: () => void): string => {
        bytes().set(Uint8Array.fromHex(from.repeat(blocks)), text);
        operation();
        return bytes()
          .slice(text, text + 16 * blocks)
          .toHex();
      };
      expect(run(2, plaintext, () => abi.aes_encrypt_pair(context, text))).toBe(ciphertext.repeat(2));
      expect(run(6, plaintext, () => abi.aes_encrypt_threes(context, text, 6))).toBe(ciphertext.repeat(6));
      expect(run(2, ciphertext, () => abi.aes_decrypt_pair(context, text))).toBe(plaintext.repeat(2));
      expect(run(6, ciphertext, () => abi.aes_decrypt_threes(context, text, 6))).toBe(plaintext.repeat(6));
      abi.ocb_free(context);
    });
  }

  test("the committed tables are the derived ones", () => {
    expect(readFileSync(join(root, "wasm-core/assembly/aes-tables.ts"), "utf8")).toBe(renderTables());
  });
});

describe("constant time, in the compiled module", () => {
  compileCore();
  const wat = readFileSync(join(root, "build", "core.wat"), "utf8");
  const functions = new Map(
    [...wat.matchAll(/^ \(func \$(\S+)[\s\S]*?^ \)$/gm)].map(([body, name]) => [name ?? "", body]),
  );
  // The allocator is inlined into the functions that make and free a context; they leave the key to `initialise`.
  const allocating = /\/ocb_(?:create_sealer|create_opener|free)$/;
  const cipher = [...functions].filter(
    ([name]) => /^assembly\/(?:aes|ocb)\//.test(name) && !allocating.test(name),
  );
  /** Instructions of a function, one a line, without operands. */
  const instructions = (body: string): string[] =>
    [...body.matchAll(/^\s+\(?([a-z0-9_]+(?:\.[a-z0-9_]+)?)/gm)].map((m) => m[1]!);

  test("the cipher's functions are there to be looked at", () => {
    const names = cipher.map(([name]) => name.slice("assembly/".length));
    for (const name of [
      "aes/encryptThrees",
      "aes/encryptPair",
      "aes/decryptPair",
      "aes/decryptThrees",
      "ocb/initialise",
      "ocb/maskText",
      "ocb/sealText",
      "ocb/openText",
      "ocb/ocb_seal",
      "ocb/ocb_seal_begin",
      "ocb/ocb_open_begin",
    ]) {
      expect(names).toContain(name);
    }
  });

  // Ways from a vector register or from memory to an integer. Loads of the few public numbers are named below.
  const toInteger =
    /extract_lane|bitmask|all_true|^(?:i32|i64|f32|f64)\.load|memory\.(?:compare|cmp)|call_indirect/;

  test("key, state and plaintext never become an integer", () => {
    // Public numbers: sequence, direction and block counters, the wire nonce, the bytes of a nonce being built.
    const publicLoads: Record<string, number> = {
      ocb_sequence: 1,
      ocb_blocks: 1,
      ocb_burn: 2,
      ocb_seal: 3,
      ocb_seal_begin: 3,
      offsetOfDatagram: 1,
      offsetOf: 3,
    };
    for (const [name, body] of cipher) {
      const found = instructions(body).filter((instruction) => toInteger.test(instruction));
      const short = name.split("/").at(-1)!;
      expect([
        short,
        found.length,
        found.every((instruction) => /^i(32|64)\.load/.test(instruction)),
      ]).toEqual([short, publicLoads[short] ?? 0, true]);
    }
  });

  test("the only conditions on vectors are the verdict on a tag and the comparison of public nonces", () => {
    const verdicts = cipher.flatMap(([name, body]) =>
      instructions(body)
        .filter((instruction) => instruction === "v128.any_true")
        .map(() => name.split("/").at(-1)),
    );
    expect(verdicts.sort()).toEqual(["offsetZero", "openText"]);
  });

  test("nothing below a key context's functions can take the values elsewhere: calls stay in aes, ocb and the pools", () => {
    for (const [name, body] of cipher) {
      for (const [, callee = ""] of body.matchAll(/call \$(\S+)/g)) {
        expect([name, /^assembly\/(?:aes|ocb|pool)\//.test(callee)]).toEqual([name, true]);
      }
    }
  });
});
