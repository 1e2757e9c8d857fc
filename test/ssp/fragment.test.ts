/** Cutting and assembling, against test/vectors/fragments.json, and fragments that contradict each other. */
import { describe, expect, test } from "bun:test";
import { Assembly, decodeFragment, encodeFragment, type Fragment, split } from "../../ssp/fragment.ts";
import { type Family, Link } from "../../ssp/link.ts";
import { MAX_STATE } from "../../ssp/params.ts";
import vectors from "../vectors/fragments.json";
import { hex, latin1, seededRandom, toHex } from "./fakes.ts";

function fragment(id: number, number: number, final: boolean, contents: string): Fragment {
  return { id, number, final, contents: latin1(contents) };
}

test("datagram budgets", () => {
  for (const row of vectors.mtu) {
    const link = new Link(row.family === "after EMSGSIZE" ? "inet" : (row.family as Family));
    if (row.family === "after EMSGSIZE") link.shrink();
    expect(link.fragmentContents).toBe(row.contents_max);
  }
});

for (const { contents_max, compressed_len, fragment_lens, final_index } of vectors.split) {
  test(`${compressed_len} bytes in pieces of ${contents_max}`, () => {
    const bytes = seededRandom(compressed_len)(compressed_len);
    const fragments = split(bytes, 9, contents_max);
    expect(fragments.map((piece) => piece.contents.length)).toEqual(fragment_lens);
    expect(fragments.map((piece) => piece.number)).toEqual(fragment_lens.map((_, at) => at));
    expect(fragments.findIndex((piece) => piece.final)).toBe(final_index);
    expect(toHex(Buffer.concat(fragments.map((piece) => piece.contents)))).toBe(toHex(bytes));
  });
}

test("the id of a fragment is 64 bits; one that no double holds makes it none", () => {
  const bytes = encodeFragment(fragment(1, 0, true, "a"));
  for (const id of [0n, 2n ** 32n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 2048n, 2n ** 64n - 1n]) {
    new DataView(bytes.buffer).setBigUint64(0, id);
    const decoded = decodeFragment(bytes)!;
    expect(decoded.id).toBe(id === 2n ** 64n - 1n ? MAX_STATE : Number(id));
    expect(toHex(encodeFragment(decoded))).toBe(toHex(bytes));
  }
  for (const id of [2n ** 53n + 1n, 2n ** 63n - 1n, 2n ** 63n + 1n, 2n ** 64n - 2n, 2n ** 64n - 1024n]) {
    new DataView(bytes.buffer).setBigUint64(0, id);
    expect(decodeFragment(bytes)).toBeUndefined();
  }
});

describe("assembly", () => {
  for (const { name, steps } of vectors.assembly) {
    test(name, () => {
      const assembly = new Assembly();
      for (const step of steps) {
        const result = assembly.add({
          id: Number(step.id),
          number: step.num,
          final: step.final,
          contents: hex(step.contents),
        });
        if (step.complete) expect(toHex(result as Uint8Array)).toBe(step.assembled!);
        else expect(result).toBeUndefined();
      }
    });
  }

  test("any order of the fragments gives the whole", () => {
    const random = seededRandom(5);
    for (let round = 0; round < 200; round++) {
      const bytes = random(1 + ((random(1)[0]! * 20) % 5000));
      const fragments = split(bytes, round, 462);
      const shuffled = fragments
        .map((piece) => ({ piece, key: random(1)[0]! }))
        .sort((a, b) => a.key - b.key)
        .map(({ piece }) => piece);
      const assembly = new Assembly();
      const results = shuffled.map((piece) => assembly.add(decodeFragment(encodeFragment(piece))!));
      expect(results.slice(0, -1).every((result) => result === undefined)).toBe(true);
      expect(toHex(results.at(-1) as Uint8Array)).toBe(toHex(bytes));
    }
  });

  test("a repeat with other contents is dropped, the first stays", () => {
    const assembly = new Assembly();
    assembly.add(fragment(1, 0, false, "a"));
    expect(assembly.add(fragment(1, 0, false, "x"))).toBe("fragment-conflict");
    expect(assembly.add(fragment(1, 0, true, "a"))).toBe("fragment-conflict");
    expect(toHex(assembly.add(fragment(1, 1, true, "b")) as Uint8Array)).toBe(toHex(latin1("ab")));
  });

  test("an end before what is there, a second end, and a number behind the end are dropped", () => {
    const assembly = new Assembly();
    assembly.add(fragment(1, 2, false, "c"));
    expect(assembly.add(fragment(1, 1, true, "b"))).toBe("fragment-conflict");
    assembly.add(fragment(1, 3, true, "d"));
    expect(assembly.add(fragment(1, 5, true, "f"))).toBe("fragment-conflict");
    expect(assembly.add(fragment(1, 4, false, "e"))).toBe("fragment-conflict");
    expect(assembly.add(fragment(1, 0, false, "a"))).toBeUndefined();
    expect(toHex(assembly.add(fragment(1, 1, false, "b")) as Uint8Array)).toBe(toHex(latin1("abcd")));
  });

  test("fragments that add up to more than any instruction are thrown away, and the next one works", () => {
    const assembly = new Assembly();
    const contents = new Uint8Array(2000);
    let refused = -1;
    for (let number = 0; number < 3000 && refused < 0; number++)
      if (assembly.add({ id: 1, number, final: false, contents }) === "fragment-size") refused = number;
    expect(refused).toBeGreaterThan(2000);
    expect(toHex(assembly.add(fragment(2, 0, true, "ok")) as Uint8Array)).toBe(toHex(latin1("ok")));
  });
});

test("a header cut short is no fragment", () => {
  for (let length = 0; length < 10; length++) expect(decodeFragment(new Uint8Array(length))).toBeUndefined();
  expect(decodeFragment(new Uint8Array(10))!.contents.length).toBe(0);
});

test("more than 32768 fragments are refused", () => {
  expect(() => split(new Uint8Array(32_769), 1, 1)).toThrow(RangeError);
  expect(split(new Uint8Array(32_768), 1, 1).length).toBe(32_768);
});
