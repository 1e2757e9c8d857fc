/** The core's memory from inside: pools, rows, texts, lineages and their reclaiming. */
import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { loadInternals } from "./internals.ts";
import { Random } from "./random.ts";

setDefaultTimeout(120_000);
const w = loadInternals();
const at = (pointer: number) => pointer >>> 0;
const view = () => new DataView(w.memory.buffer);
const bytes = (pointer: number, length: number) => new Uint8Array(w.memory.buffer, at(pointer), length);

/** Every test gives back what it took. */
afterEach(() => {
  expect(w.bytesInUse!()).toBe(0);
});

function put(text: string | Uint8Array): [pointer: number, length: number, free: () => void] {
  const data = typeof text === "string" ? new TextEncoder().encode(text) : text;
  const pointer = at(w.alloc!(data.length + 1));
  bytes(pointer, data.length).set(data);
  return [pointer, data.length, () => w.release!(pointer, data.length + 1)];
}

describe("pools", () => {
  test("blocks are 16-byte aligned, do not overlap, and keep their bytes (random run)", () => {
    const seed = 20240601;
    const random = new Random(seed);
    const live: { pointer: number; size: number; mark: number }[] = [];
    for (let i = 0; i < 60000; i++) {
      if (random.below(100) < (live.length < 1500 ? 55 : 45)) {
        const kind = random.below(12);
        const size = kind === 0 ? random.below(200000) : kind < 3 ? random.below(20000) : random.below(1200);
        const pointer = at(w.alloc!(size));
        expect(pointer).not.toBe(0);
        expect(pointer & 15).toBe(0);
        const mark = random.below(256);
        if (size > 0) {
          const block = bytes(pointer, size);
          block[0] = block[size - 1] = mark;
        }
        live.push({ pointer, size, mark });
      } else if (live.length > 0) {
        const k = random.below(live.length);
        const { pointer, size, mark } = live[k]!;
        live[k] = live[live.length - 1]!;
        live.pop();
        if (size > 0)
          expect([seed, i, bytes(pointer, size)[0], bytes(pointer, size)[size - 1]]).toEqual([
            seed,
            i,
            mark,
            mark,
          ]);
        w.release!(pointer, size);
      }
    }
    live.sort((a, b) => a.pointer - b.pointer);
    for (let i = 1; i < live.length; i++) {
      expect(live[i - 1]!.pointer + live[i - 1]!.size).toBeLessThanOrEqual(live[i]!.pointer);
    }
    for (const { pointer, size } of live) w.release!(pointer, size);
  });

  test("a class wastes at most one eighth (a large block at most a grain)", () => {
    for (let size = 129; size < 100000; size += 37) {
      const pointer = w.alloc!(size);
      const used = w.bytesInUse!();
      expect(used).toBeGreaterThanOrEqual(size);
      expect(used).toBeLessThanOrEqual(size > 16384 ? size + 8191 : size * 1.125 + 16);
      w.release!(pointer, size);
    }
  });

  test("memory used for one size serves every other size later: no growth over many rounds", () => {
    const fill = (size: number): number[] => Array.from({ length: 4_000_000 / size }, () => w.alloc!(size));
    const round = () => {
      for (const size of [24, 656, 976, 3000, 9000, 70000, 400000]) {
        for (const pointer of fill(size)) w.release!(pointer, size);
      }
    };
    round();
    const reserved = w.bytesReserved!();
    for (let i = 0; i < 20; i++) round();
    expect(w.bytesReserved!()).toBe(reserved);
  });

  test("releasing with the size of another class traps instead of corrupting", () => {
    const fresh = loadInternals();
    const pointer = fresh.alloc!(100);
    expect(() => fresh.release!(pointer, 900)).toThrow();
    expect(() => fresh.release!(pointer, 90000)).toThrow();
  });

  test("exhaustion gives 0, and everything works again after a release", () => {
    const fresh = loadInternals();
    const big: number[] = [];
    const size = 256 * 1024 * 1024;
    for (;;) {
      const pointer = at(fresh.alloc!(size));
      if (pointer === 0) break;
      big.push(pointer);
    }
    expect(big.length).toBe(15);
    expect(fresh.ensureHeadroom!(size)).toBe(0);
    expect(fresh.ensureHeadroom!(1000)).toBe(1);
    const small: number[] = [];
    for (;;) {
      const pointer = at(fresh.alloc!(1 << 20));
      if (pointer === 0) break;
      small.push(pointer);
    }
    expect(at(fresh.alloc!(0xfffff000))).toBe(0);
    for (const pointer of small) fresh.release!(pointer, 1 << 20);
    for (const pointer of big) fresh.release!(pointer, size);
    expect(fresh.bytesInUse!()).toBe(0);
    expect(fresh.ensureHeadroom!(15 * size)).toBe(1);
  });
});

describe("rows", () => {
  test("are blank, counted, and keep their generation when copied", () => {
    const row = at(w.newRow!(81));
    expect([view().getUint32(row, true), view().getUint32(row + 4, true)]).toEqual([1, 81]);
    expect(bytes(row + 16, 82 * 8).every((b) => b === 0)).toBe(true);
    const other = at(w.newRow!(81));
    expect(view().getBigUint64(other + 8, true)).toBeGreaterThan(view().getBigUint64(row + 8, true));
    view().setBigUint64(row + 16 + 79 * 8, 7n, true);
    view().setBigUint64(row + 16 + 80 * 8, 9n, true);

    const same = at(w.copyRow!(row, 81));
    const cut = at(w.copyRow!(row, 80));
    const wider = at(w.copyRow!(row, 100));
    const cell = (r: number, x: number) => view().getBigUint64(r + 16 + x * 8, true);
    expect([cell(same, 79), cell(same, 80), cell(cut, 79), cell(wider, 80), cell(wider, 99)]).toEqual([
      7n,
      9n,
      7n,
      9n,
      0n,
    ]);
    for (const copy of [same, cut, wider]) {
      expect(view().getBigUint64(copy + 8, true)).toBe(view().getBigUint64(row + 8, true));
      expect(view().getUint32(copy, true)).toBe(1);
      w.releaseRow!(copy);
    }
    w.retainRow!(row);
    w.releaseRow!(row);
    expect(cell(row, 80)).toBe(9n);
    w.releaseRow!(row);
    w.releaseRow!(other);
  });
});

describe("texts", () => {
  test("are copied, compared by bytes, and 0 is the empty one", () => {
    const [source, length, free] = put("títle");
    const a = w.newText!(source, length);
    const b = w.newText!(source, length);
    bytes(source, length).fill(0);
    const c = w.newText!(source, length);
    expect(new TextDecoder().decode(bytes(w.textPtr!(a), w.textLength!(a)))).toBe("títle");
    expect([w.textEquals!(a, b), w.textEquals!(a, c), w.textEquals!(a, 0), w.textEquals!(0, 0)]).toEqual([
      1, 0, 0, 1,
    ]);
    expect([w.newText!(source, 0), w.textLength!(0)]).toEqual([0, 0]);
    w.retainText!(a);
    for (const text of [a, a, b, c, 0]) w.releaseText!(text);
    free();
  });
});

// A terminal as far as a lineage looks at it: layout.ts.
const TERMINAL_BYTES = 128;
const T = { cols: 0, rows: 4, table: 8, pen: 20, alternate: 80, saved: 84, savedAlternate: 88 };

class FakeTerminal {
  readonly pointer = at(w.allocZeroed!(TERMINAL_BYTES));
  readonly #tables: [number, number][] = [];

  constructor(lineage: number, cols: number, rows: number) {
    view().setUint32(this.pointer + T.cols, cols, true);
    view().setUint32(this.pointer + T.rows, rows, true);
    this.addTable(T.table, cols, rows);
    w.joinLineage!(lineage, this.pointer);
  }

  addTable(field: number, cols: number, rows: number): void {
    const table = at(w.alloc!(rows * 4));
    for (let y = 0; y < rows; y++) {
      const row = at(w.newRow!(cols));
      view().setUint32(table + 4 * y, row, true);
    }
    view().setUint32(this.pointer + field, table, true);
    this.#tables.push([table, rows]);
  }

  set(field: number, value: number): void {
    view().setUint32(this.pointer + field, value >>> 0, true);
  }

  cell(field: number, row: number, col: number, content: number, style: number): void {
    const table = view().getUint32(this.pointer + field, true);
    const p = view().getUint32(table + 4 * row, true) + 16 + 8 * col;
    view().setUint32(p, content >>> 0, true);
    view().setUint32(p + 4, style >>> 0, true);
  }

  free(): void {
    w.leaveLineage!(this.pointer);
    for (const [table, rows] of this.#tables) {
      for (let y = 0; y < rows; y++) w.releaseRow!(view().getUint32(table + 4 * y, true));
      w.release!(table, rows * 4);
    }
    w.release!(this.pointer, TERMINAL_BYTES);
  }
}

const RGB = 0x02000000;
const PALETTE = 0x01000000;
const [STYLES, CLUSTERS, LINKS] = [0, 1, 2];

describe("lineages", () => {
  test("a style has one word, inline whenever it can be said inline", () => {
    const lineage = w.newLineage!();
    const t = new FakeTerminal(lineage, 10, 2);
    const style = (fg: number, bg: number, underline: number, attributes: number, link: number) =>
      w.internStyle!(lineage, fg, bg, underline, attributes, link) >>> 0;
    expect(style(0, 0, 0, 0, 0)).toBe(0);
    expect(style(PALETTE | 0, PALETTE | 255, 0, 0x1fff, 0)).toBe(1 | (256 << 9) | (0x1fff << 18));
    const words = new Set<number>();
    for (const [fg, bg, ul, attrs] of [
      [RGB, 0, 0, 0],
      [RGB | 1, 0, 0, 0],
      [0, RGB | 1, 0, 0],
      [RGB | 1, 0, 0, 1],
      [PALETTE, 0, RGB | 1, 0x18],
      [PALETTE, 0, PALETTE | 1, 0x18],
    ] as const) {
      const word = style(fg, bg, ul, attrs, 0);
      expect(word >>> 31).toBe(1);
      expect(style(fg, bg, ul, attrs, 0)).toBe(word);
      expect([
        w.styleForeground!(lineage, word),
        w.styleBackground!(lineage, word),
        w.styleUnderlineColor!(lineage, word),
        w.styleAttributes!(lineage, word),
        w.styleLink!(lineage, word),
      ]).toEqual([fg, bg, ul, attrs, 0]);
      words.add(word);
    }
    expect(words.size).toBe(6);
    expect(w.eraseStyle!(lineage, style(0, RGB | 1, 0, 7, 0))).toBe(
      w.internStyle!(lineage, 0, RGB | 1, 0, 0, 0),
    );
    expect(w.eraseStyle!(lineage, 5 | (9 << 9) | (3 << 18))).toBe(9 << 9);
    t.free();
  });

  test("clusters grow by code points and keep a cell's flags", () => {
    const lineage = w.newLineage!();
    const t = new FakeTerminal(lineage, 10, 2);
    const WIDE = 1 << 22;
    let content = w.appendToContent!(lineage, WIDE, 0x4e2d);
    expect(content).toBe(WIDE | 0x4e2d);
    content = w.appendToContent!(lineage, content, 0x301);
    content = w.appendToContent!(lineage, content, 0x20dd);
    expect(content & WIDE).toBe(WIDE);
    const text = () =>
      new TextDecoder().decode(bytes(w.clusterPtr!(lineage, content), w.clusterLength!(lineage, content)));
    expect(text()).toBe("中\u0301\u20dd");
    expect(w.contentLength!(lineage, content)).toBe(8);
    const [p, length, free] = put("中\u0301\u20dd");
    expect(w.internCluster!(lineage, p, length)).toBe(content & ~WIDE);
    for (let i = 0; i < 100; i++) content = w.appendToContent!(lineage, content, 0x302);
    expect(w.contentLength!(lineage, content)).toBe(64);
    free();
    t.free();
  });

  test("links are one by parameters and URL, and belong to styles", () => {
    const lineage = w.newLineage!();
    const t = new FakeTerminal(lineage, 10, 2);
    const [p, pl, freeP] = put("id=1");
    const [u, ul, freeU] = put("https://example.org/");
    const link = w.internLink!(lineage, p, pl, u, ul);
    expect(link).toBeGreaterThan(0);
    expect(w.internLink!(lineage, p, pl, u, ul)).toBe(link);
    expect(w.internLink!(lineage, p, 0, u, ul)).not.toBe(link);
    expect(w.internLink!(lineage, p, pl, u, 0)).toBe(0);
    expect(w.internLink!(lineage, p, pl, u, 3000)).toBe(0);
    const string = (q: number, n: number) => new TextDecoder().decode(bytes(q, n));
    expect(string(w.linkParamsPtr!(lineage, link), w.linkParamsLength!(lineage, link))).toBe("id=1");
    expect(string(w.linkUrlPtr!(lineage, link), w.linkUrlLength!(lineage, link))).toBe(
      "https://example.org/",
    );
    const style = w.internStyle!(lineage, 0, 0, 0, 0, link);
    expect(w.styleLink!(lineage, style)).toBe(link);
    freeP();
    freeU();
    t.free();
  });

  test("what rows and pens refer to survives the sweep with its number; the rest goes", () => {
    const lineage = w.newLineage!();
    const a = new FakeTerminal(lineage, 11, 3);
    const b = new FakeTerminal(lineage, 11, 5);
    b.addTable(T.alternate, 11, 5);
    const [u, ul, freeU] = put("https://example.org/");
    const kept: [word: number, color: number][] = [];
    const keep = (color: number, link = 0) => {
      const word = w.internStyle!(lineage, RGB | color, 0, 0, 0, link) >>> 0;
      kept.push([word, RGB | color]);
      return word;
    };
    a.cell(T.table, 2, 10, 65, keep(1));
    b.cell(T.table, 4, 10, 65, keep(2, w.internLink!(lineage, u, 0, u, ul)));
    b.cell(T.alternate, 4, 0, 65, keep(3));
    a.set(T.pen, keep(4));
    b.set(T.saved, keep(5));
    b.set(T.savedAlternate, keep(6));
    const cluster = w.appendToContent!(lineage, 0x65, 0x301);
    a.cell(T.table, 0, 5, cluster, 0);
    w.appendToContent!(lineage, 0x66, 0x301);
    w.internLink!(lineage, u, 0, u, 5);
    for (let i = 0; i < 100_000; i++) w.internStyle!(lineage, RGB | (100 + i), 0, 0, 0, 0);
    expect(w.lineageEntries!(lineage, STYLES)).toBeLessThanOrEqual(1024 + 6);
    expect(w.lineageEntries!(lineage, CLUSTERS)).toBe(1);
    expect(w.lineageEntries!(lineage, LINKS)).toBe(1);
    for (const [word, color] of kept) {
      expect(w.styleForeground!(lineage, word)).toBe(color);
      const link = color === (RGB | 2) ? 1 : 0;
      expect(w.styleLink!(lineage, word)).toBe(link);
      expect(w.internStyle!(lineage, color, 0, 0, 0, link) >>> 0).toBe(word);
    }
    expect(w.appendToContent!(lineage, 0x65, 0x301)).toBe(cluster);
    freeU();
    a.free();
    b.free();
  });

  test("a link survives a sweep between being made and being put into a style", () => {
    const lineage = w.newLineage!();
    const t = new FakeTerminal(lineage, 4, 1);
    const [u, ul, freeU] = put("https://example.org/");
    for (let i = 0; i < 5000; i++) {
      const link = w.internLink!(lineage, u, 0, u, ul);
      const word = w.internStyle!(lineage, RGB | i, 0, 0, 0, link);
      expect(w.linkUrlLength!(lineage, w.styleLink!(lineage, word))).toBe(ul);
    }
    freeU();
    t.free();
  });

  test("a million colours over time stay bounded", () => {
    const lineage = w.newLineage!();
    const t = new FakeTerminal(lineage, 80, 24);
    let peak = 0;
    for (let i = 0; i < 1_000_000; i++) {
      const word = w.internStyle!(lineage, RGB | i, RGB | (i ^ 0xffffff), 0, 0, 0);
      t.cell(T.table, i % 24, i % 80, 65, word);
      if ((i & 1023) === 0) peak = Math.max(peak, w.bytesInUse!());
    }
    expect(peak).toBeLessThan(400_000);
    t.free();
  });

  test("a full table degrades to the nearest palette colour, and recovers when cells are freed", () => {
    const lineage = w.newLineage!();
    const cols = 4096;
    const t = new FakeTerminal(lineage, cols, 40);
    let inline = 0;
    // Every seventh with a colour of its underline: kept in another form.
    const underlined = (i: number) => (i % 7 === 0 ? RGB | i : 0);
    const words: number[] = [];
    for (let i = 0; i < 140_000; i++) {
      const word = w.internStyle!(lineage, RGB | i, RGB | 0xfefefe, underlined(i), 5, 0) >>> 0;
      t.cell(T.table, Math.floor(i / cols), i % cols, 65, word);
      if (word >>> 31 === 0) inline++;
      else words.push(word);
    }
    expect(inline).toBe(140_000 - 131_072);
    expect(new Set(words).size).toBe(131_072);
    for (let i = 0; i < 131_072; i += 31) {
      const word = words[i]!;
      expect([w.styleForeground!(lineage, word), w.styleUnderlineColor!(lineage, word)]).toEqual([
        RGB | i,
        underlined(i),
      ]);
      expect(w.internStyle!(lineage, RGB | i, RGB | 0xfefefe, underlined(i), 5, 0) >>> 0).toBe(word);
    }
    const word = w.internStyle!(lineage, RGB | 0xff0102, RGB | 0x080808, 0, 5, 0);
    expect([w.styleForeground!(lineage, word), w.styleBackground!(lineage, word)]).toEqual([
      PALETTE | 196,
      PALETTE | 232,
    ]);
    expect(w.styleAttributes!(lineage, word)).toBe(5);
    // The rows are wiped; after enough new styles the table is swept and takes RGB again.
    for (let y = 0; y < 40; y++) for (let x = 0; x < cols; x++) t.cell(T.table, y, x, 0, 0);
    for (let i = 0; i < 140_000; i++) w.internStyle!(lineage, RGB | (0x500000 + i), 0, 0, 0, 0);
    expect(w.lineageEntries!(lineage, STYLES)).toBeLessThan(10_000);
    expect(w.internStyle!(lineage, RGB | 0xabcdef, 0, 0, 0, 0) >>> 31).toBe(1);
    t.free();
  });

  test("a table full of underlined styles takes such styles again when they are gone", () => {
    const lineage = w.newLineage!();
    const cols = 3500;
    const t = new FakeTerminal(lineage, cols, 40);
    let inline = 0;
    for (let i = 0; i < 140_000; i++) {
      const word = w.internStyle!(lineage, RGB | i, RGB | 1, RGB | i, 0, 0) >>> 0;
      t.cell(T.table, Math.floor(i / cols), i % cols, 65, word);
      if (word >>> 31 === 0) inline++;
    }
    expect(inline).toBe(140_000 - 131_072);
    for (let y = 0; y < 40; y++) for (let x = 0; x < cols; x++) t.cell(T.table, y, x, 0, 0);
    for (let i = 0; i < 140_000; i++) w.internStyle!(lineage, RGB | i, RGB | 2, RGB | 7, 0, 0);
    expect(w.internStyle!(lineage, RGB | 0xabcdef, 0, RGB | 9, 0, 0) >>> 31).toBe(1);
    t.free();
  });
});
