/**
 * Derives the nibble tables of assembly/aes.ts and writes them as assembly/aes-tables.ts.
 *
 *   bun wasm-core/tools/derive-aes-tables.ts          (test/wasm-core/aes-tables.test.ts fails if the file is stale)
 *
 * Source of the idea and of the four published tables below: Mike Hamburg, "Accelerating AES with Vector Permute
 * Instructions", CHES 2009 (tables in the public domain). A byte is written in a basis in which it is a pair (i, k)
 * of GF(2^4) elements. Inverting it in GF(2^8) then needs only inversions in GF(2^4), which are 16-entry tables and
 * fit one byte-shuffle instruction. The five look-ups of {@link invert} give two nibbles (io, jo) from which every
 * GF(2)-linear function of 1/x can be had as `u[io] ^ t[jo]`.
 *
 * Everything else is solved for here: for a wanted function f of the byte x, the 256 equations
 * `u[io(x)] ^ t[jo(x)] = f(x)` are linear in the 32 unknown table bytes. Gaussian elimination finds u and t, or shows
 * that there are none. Because all 256 equations are checked, a derived table is right by exhaustion, not by trust.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** Sixteen bytes from the published form: two little-endian 64-bit halves. */
function published(low: bigint, high: bigint): number[] {
  return [low, high].flatMap((half) =>
    Array.from({ length: 8 }, (_, n) => Number((half >> BigInt(8 * n)) & 0xffn)),
  );
}

/** 1/x in GF(2^4); 0x80 stands for infinity (1/0), and a shuffle reads any index with the top bit set as zero. */
const INVERSE = published(0x0e05060f0d080180n, 0x040703090a0b0c02n);
/** a/x in GF(2^4), for the constant a of the tower field. */
const INVERSE_A = published(0x01040a060f0b0780n, 0x030d0e0c02050809n);
/** The basis in which encryption works, as images of the low and of the high nibble. */
const TO_ENCRYPT_LOW = published(0xc2b2e8985a2a7000n, 0xcabae09052227808n);
const TO_ENCRYPT_HIGH = published(0x4c01307d317c4d00n, 0xcd80b1fcb0fdcc81n);

/** The shuffle instruction: index 0..15 selects, an index with the top bit set gives 0, nothing else may occur. */
function shuffle(table: readonly number[], index: number): number {
  if (index >= 16 && index < 128)
    throw new Error(`shuffle index ${index}: relaxed_swizzle does not define it`);
  return index >= 128 ? 0 : table[index]!;
}

/** The five look-ups of aes.ts: a byte in a working basis to the pair (io, jo). */
function invert(y: number): [io: number, jo: number] {
  const i = y >> 4;
  const k = y & 15;
  const j = i ^ k;
  const aOverK = shuffle(INVERSE_A, k);
  const iak = shuffle(INVERSE, i) ^ aOverK;
  const jak = shuffle(INVERSE, j) ^ aOverK;
  return [shuffle(INVERSE, iak) ^ j, shuffle(INVERSE, jak) ^ i];
}

/** Product in AES's GF(2^8), polynomial x^8 + x^4 + x^3 + x + 1 (FIPS 197, 4.2). */
function multiply(a: number, b: number): number {
  let product = 0;
  for (; b !== 0; b >>= 1) {
    if (b & 1) product ^= a;
    a = (a << 1) ^ (a & 0x80 ? 0x11b : 0);
  }
  return product;
}

const BYTES = Array.from({ length: 256 }, (_, x) => x);

/** 1/x in AES's field, with 1/0 = 0 (FIPS 197, 5.1.1 step 1). */
const RECIPROCAL = BYTES.map((x) => (x === 0 ? 0 : BYTES.find((y) => multiply(x, y) === 1)!));

/** The linear part of the S-box's affine map (FIPS 197, 5.1.1 step 2, without the constant 0x63). */
const AFFINE = BYTES.map((x) => {
  let y = 0;
  for (let bit = 0; bit < 8; bit++) {
    for (const distance of [0, 4, 5, 6, 7]) y ^= ((x >> ((bit + distance) & 7)) & 1) << bit;
  }
  return y;
});
const AFFINE_INVERSE = BYTES.map((y) => AFFINE.indexOf(y));

/** The working basis of encryption. */
const toEncrypt = (x: number): number => TO_ENCRYPT_LOW[x & 15]! ^ TO_ENCRYPT_HIGH[x >> 4]!;
/** The working basis of decryption: the inverse affine map first, so that a round starts with the inversion. */
const toDecrypt = (x: number): number => toEncrypt(AFFINE_INVERSE[x]!);

/**
 * Tables u, t with `u[io] ^ t[jo] = wanted(x)` for (io, jo) = invert(basis(x)) and every byte x.
 * @throws Error if there are none.
 */
function solve(basis: (x: number) => number, wanted: (x: number) => number): { u: number[]; t: number[] } {
  // One equation: which of the 32 unknowns (u[0..15] then t[0..15]) are summed, and the byte they must sum to.
  const equations = BYTES.map((x) => {
    const [io, jo] = invert(basis(x));
    const unknowns = (io < 16 ? 1n << BigInt(io) : 0n) | (jo < 16 ? 1n << BigInt(16 + jo) : 0n);
    return { unknowns, sum: wanted(x) };
  });
  const pivots: { bit: bigint; unknowns: bigint; sum: number }[] = [];
  for (const equation of equations) {
    let { unknowns, sum } = equation;
    for (const pivot of pivots) {
      if (unknowns & pivot.bit) {
        unknowns ^= pivot.unknowns;
        sum ^= pivot.sum;
      }
    }
    if (unknowns === 0n) continue;
    const bit = unknowns & -unknowns;
    for (const pivot of pivots) {
      if (pivot.unknowns & bit) {
        pivot.unknowns ^= unknowns;
        pivot.sum ^= sum;
      }
    }
    pivots.push({ bit, unknowns, sum });
  }
  // Unknowns that no equation fixes stay zero.
  const solution = Array.from(
    { length: 32 },
    (_, n) => pivots.find((pivot) => pivot.bit === 1n << BigInt(n))?.sum ?? 0,
  );
  const [u, t] = [solution.slice(0, 16), solution.slice(16)];
  for (const x of BYTES) {
    const [io, jo] = invert(basis(x));
    if ((shuffle(u, io) ^ shuffle(t, jo)) !== wanted(x)) throw new Error(`no table: byte ${x} cannot be met`);
  }
  return { u, t };
}

/** Byte positions of AES's state, 4 · column + row (FIPS 197, 3.4). */
const POSITIONS = Array.from({ length: 16 }, (_, p) => p);
/** Where InvShiftRows takes the byte at position `p` from (FIPS 197, 5.3.1). */
const inverseShiftRows = (p: number): number => (p - 4 * (p & 3) + 16) & 15;
/** The position `by` rows further down in the same column, around. */
const rotate = (p: number, by: number): number => (p & 12) | ((p + by) & 3);

/**
 * ShiftRows never moves a byte: before round n the byte at position p is the one that FIPS 197 has at `layout(n)[p]`.
 * After four rounds all is in place again. Decryption goes through the same layouts backwards.
 */
function layout(n: number): number[] {
  return POSITIONS.map((p) => {
    for (let round = 0; round < n; round++) p = inverseShiftRows(p);
    return p;
  });
}

/** The shuffle that brings to each byte the one `by` rows further down in its column, in layout `n`. */
function rotation(n: number, by: number): number[] {
  const places = layout(n);
  return places.map((at) => places.indexOf(rotate(at, by)));
}

interface Table {
  readonly name: string;
  readonly why: string;
  readonly bytes: readonly number[];
}

/** All tables of assembly/aes.ts in order. @throws Error if one cannot exist. */
function deriveTables(): Table[] {
  const tables: Table[] = [
    { name: "INVERSE", why: "1/x in GF(2^4), 1/0 = infinity = 0x80 (published)", bytes: INVERSE },
    { name: "INVERSE_A", why: "the constant a over x in GF(2^4) (published)", bytes: INVERSE_A },
    {
      name: "TO_ENCRYPT_LOW",
      why: "encryption basis of a byte's low nibble (published)",
      bytes: TO_ENCRYPT_LOW,
    },
    { name: "TO_ENCRYPT_HIGH", why: "and of its high nibble (published)", bytes: TO_ENCRYPT_HIGH },
  ];
  const nibbles = BYTES.slice(0, 16);
  const pair = (name: string, why: string, basis: (x: number) => number, wanted: (x: number) => number) => {
    const { u, t } = solve(basis, wanted);
    tables.push({ name: `${name}_U`, why, bytes: u }, { name: `${name}_T`, why: "", bytes: t });
  };
  const affineOfInverse = (x: number) => AFFINE[RECIPROCAL[x]!]!;
  pair("SUB_1", "SubBytes less 0x63, back in the encryption basis", toEncrypt, (x) =>
    toEncrypt(affineOfInverse(x)),
  );
  pair("SUB_2", "the same times 2 (MixColumns)", toEncrypt, (x) =>
    toEncrypt(multiply(2, affineOfInverse(x))),
  );
  pair("SUB_OUT", "SubBytes less 0x63 as a plain byte (last round)", toEncrypt, affineOfInverse);
  tables.push(
    { name: "TO_DECRYPT_LOW", why: "decryption basis of a low nibble", bytes: nibbles.map(toDecrypt) },
    { name: "TO_DECRYPT_HIGH", why: "and of a high nibble", bytes: nibbles.map((n) => toDecrypt(n << 4)) },
  );
  const inverseSub = (x: number) => RECIPROCAL[AFFINE_INVERSE[x]!]!;
  for (const factor of [14, 11, 13, 9]) {
    pair(`INV_SUB_${factor}`, `InvSubBytes of x ^ 0x63 times ${factor} (InvMixColumns)`, toDecrypt, (x) =>
      toDecrypt(multiply(factor, inverseSub(x))),
    );
  }
  pair("INV_SUB_OUT", "InvSubBytes of x ^ 0x63 as a plain byte (last round)", toDecrypt, inverseSub);
  tables.push(
    { name: "ENCRYPT_63", why: "the S-box constant in each basis", bytes: Array(16).fill(toEncrypt(0x63)) },
    { name: "DECRYPT_63", why: "", bytes: Array(16).fill(toDecrypt(0x63)) },
    { name: "PLAIN_63", why: "", bytes: Array(16).fill(0x63) },
  );
  return tables;
}

/** The text of assembly/aes-tables.ts. */
export function renderTables(): string {
  const half = (bytes: readonly number[]) =>
    `0x${[...bytes]
      .reverse()
      .map((byte) => byte.toString(16).padStart(2, "0"))
      .join("")}`;
  const lines = deriveTables().map(({ name, why, bytes }) => {
    const comment = why === "" ? "" : `/** ${why[0]!.toUpperCase()}${why.slice(1)}. */\n`;
    return `${comment}export const ${name}: v128 = i64x2(${half(bytes.slice(0, 8))}, ${half(bytes.slice(8))});`;
  });
  const four = [0, 1, 2, 3];
  const data = (name: string, why: string, rows: readonly (readonly number[])[]) =>
    `/** ${why} */\n// biome-ignore format: a row a shuffle\nexport const ${name}: usize = memory.data<u8>([\n${rows
      .map((row) => `  ${row.join(", ")},\n`)
      .join("")}], 16);`;
  lines.push(
    data("LAYOUTS", "Place in the state of each byte, in rounds 0, 1, 2, 3 modulo 4.", four.map(layout)),
    data(
      "ROTATIONS",
      "For each layout: the shuffle to the next byte of the column, and to the previous one.",
      four.flatMap((n) => [rotation(n, 1), rotation(n, 3)]),
    ),
  );
  return `/**
 * Nibble tables of the vector-permute AES in aes.ts. Made by wasm-core/tools/derive-aes-tables.ts, which says why they
 * are right; do not edit. Byte n of a table is the image of nibble n. _U and _T go together: u[io] ^ t[jo].
 */

${lines.join("\n")}
`;
}

if (import.meta.main) writeFileSync(join(import.meta.dir, "..", "assembly", "aes-tables.ts"), renderTables());
