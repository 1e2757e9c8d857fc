/** Printed keys, against test/vectors/keys.json. */
import { expect, test } from "bun:test";
import { KeyError, parseKey, printKey } from "../../ssp/key.ts";
import vectors from "../vectors/keys.json";
import { hex, seededRandom, toHex } from "./fakes.ts";

for (const { raw, printed } of vectors.valid) {
  test(`${printed} is ${raw}`, () => {
    expect(toHex(parseKey(printed))).toBe(raw);
    expect(printKey(hex(raw))).toBe(printed);
  });
}

for (const { printed, error } of vectors.invalid) {
  test(`"${printed}" is refused: ${error}`, () => {
    expect(() => parseKey(printed)).toThrow(new KeyError(error));
  });
}

test("every key survives printing and parsing", () => {
  const random = seededRandom(1);
  for (let n = 0; n < 1000; n++) {
    const key = random(16);
    expect(toHex(parseKey(printKey(key)))).toBe(toHex(key));
  }
});

test("a character beyond the alphabet is no base64, even if it is one UTF-16 unit", () => {
  expect(() => parseKey("AAAAAAAAAAAAAAAAAAAAAé")).toThrow(new KeyError("Key must be well-formed base64."));
});

test("a key of another length is not printed", () => {
  expect(() => printKey(new Uint8Array(15))).toThrow(RangeError);
});

test("no error text holds the key", () => {
  for (const { printed } of vectors.invalid) {
    try {
      parseKey(printed);
    } catch (error) {
      if (printed.length > 3) expect(String(error)).not.toContain(printed);
    }
  }
});
