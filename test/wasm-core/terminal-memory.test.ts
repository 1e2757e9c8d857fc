/** A session returns every byte: snapshots, copies, programs that make the interned tables grow. */
import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import type { Terminal } from "../../wasm-core/core.ts";
import { loadCore } from "../../wasm-core/load.ts";
import { randomOutput } from "./program-output.ts";
import { Random } from "./random.ts";

setDefaultTimeout(120_000);
const core = await loadCore();
const atStart = core.memory().bytesInUse;
const inUse = () => core.memory().bytesInUse - atStart;
const encode = (text: string) => new TextEncoder().encode(text);

afterEach(() => {
  expect(inUse()).toBe(0);
});

test("a million snapshots, taken and dropped", () => {
  const live = core.createTerminal(80, 24, "host");
  live.feed(encode("some text\r\n".repeat(30)));
  live.snapshot().free();
  const before = core.memory();
  for (let i = 0; i < 1_000_000; i++) live.snapshot().free();
  expect(core.memory()).toEqual(before);
  live.free();
});

test("snapshots held while the screen changes give back their rows", () => {
  const live = core.createTerminal(80, 24, "host");
  const held: Terminal[] = [];
  const random = new Random(1);
  let reserved = 0;
  for (let i = 0; i < 20_000; i++) {
    live.feed(encode(`\x1b[${random.between(1, 24)};1Hline ${i}${i % 7 === 0 ? "\r\n" : ""}`));
    held.push(live.snapshot());
    if (held.length > 32) held.splice(random.below(held.length), 1)[0]!.free();
    if (i === 2000) reserved = core.memory().bytesReserved;
  }
  expect(core.memory().bytesReserved).toBe(reserved);
  for (const snapshot of held) snapshot.free();
  live.free();
});

test("terminals of every kind, fed, diffed and freed in any order", () => {
  const random = new Random(7);
  const live: Terminal[] = [];
  for (let i = 0; i < 3000; i++) {
    if (live.length < 40 && random.oneIn(3)) {
      const role = random.pick(["host", "replica", "replica-repair"] as const);
      live.push(core.createTerminal(random.between(1, 90), random.between(1, 40), role));
    } else if (live.length > 0) {
      const at = random.below(live.length);
      const terminal = live[at]!;
      const action = random.below(10);
      if (action < 5) {
        for (let n = random.below(10); n >= 0; n--)
          terminal.feed(encode(randomOutput(random, terminal.cols, terminal.rows)));
      } else if (action < 6) terminal.resize(random.between(1, 120), random.between(1, 50));
      else if (action < 7) live.push(terminal.clone());
      else if (action < 8) {
        const snapshot = terminal.snapshot();
        terminal.feed(encode(randomOutput(random, terminal.cols, terminal.rows)));
        terminal.diff(snapshot, {
          screen: random.oneIn(2),
          stock: random.oneIn(3),
          initialized: !random.oneIn(3),
        });
        live.push(snapshot);
      } else {
        terminal.free();
        live.splice(at, 1);
      }
    }
  }
  for (const terminal of live) terminal.free();
});

/** 24-bit colours, clusters and links, none of them twice. */
function colourful(from: number, count: number): Uint8Array {
  let text = "";
  for (let i = from; i < from + count; i++) {
    const [r, g, b] = [i & 255, (i >> 8) & 255, (i >> 16) & 255];
    text += `\x1b[38;2;${r};${g};${b};48;2;${b};${r};${g}m▀`;
    if (i % 5 === 0) text += String.fromCodePoint(0x4e00 + (i % 5000), 0x300 + (i % 100));
    if (i % 50 === 0) text += `\x1b]8;;https://example.org/${i}\x1b\\link\x1b]8;;\x1b\\`;
  }
  return encode(text);
}

test("a million different colours, clusters and links stay bounded, with snapshots held", () => {
  const live = core.createTerminal(120, 50, "host");
  const held: Terminal[] = [];
  let peak = 0;
  for (let i = 0; i < 1_000_000; i += 2000) {
    live.feed(colourful(i, 2000));
    held.push(live.snapshot());
    if (held.length > 8) held.shift()!.free();
    peak = Math.max(peak, inUse());
  }
  // 9 screens of 6,000 cells: 0.5 MB; every cell a colour of its own: 2.5 MB of styles.
  expect(peak).toBeLessThan(8 << 20);
  for (const snapshot of held) snapshot.free();
  live.free();
});

test("colours are right after the tables were swept", () => {
  const live = core.createTerminal(40, 10, "host");
  const snapshots: Terminal[] = [];
  for (let i = 0; i < 200; i++) {
    live.feed(encode(`\x1b[${(i % 10) + 1};1H\x1b[38;2;${i};7;9m${"▄"}\x1b[0m`));
    if (i % 20 === 0) snapshots.push(live.snapshot());
    live.feed(encode("\x1b7\x1b[12;1H"));
    live.feed(colourful(i * 1000, 300));
    live.feed(encode("\x1b8\x1b[m"));
  }
  for (const [n, snapshot] of snapshots.entries()) {
    const i = n * 20;
    const { rendition } = snapshot.cell(i % 10, 0);
    expect(rendition.foreground).toBe(0x02000000 | (i << 16) | (7 << 8) | 9);
    snapshot.free();
  }
  live.free();
});

test("a screen whose every cell has two colours of its own takes at most 40 kB", () => {
  const live = core.createTerminal(80, 24, "host");
  let text = "";
  for (let row = 0, k = 0; row < 24; row++) {
    text += `\x1b[${row + 1};1H`;
    for (let col = 0; col < 80; col++, k++)
      text += `\x1b[38;2;${k & 255};${k >> 8};7;48;2;${k & 255};9;${k >> 8}mx`;
  }
  live.feed(encode(text));
  expect(inUse()).toBeLessThan(40_000);
  live.free();
});

test("an idle session of 80×24 costs less than 60 kB, a blank one less than 3 kB", () => {
  const blank = core.createTerminal(80, 24, "host");
  expect(inUse()).toBeLessThan(3000);
  blank.feed(encode("$ ls -l\r\n".repeat(40)));
  const sent = [blank.snapshot(), blank.snapshot()];
  expect(inUse()).toBeLessThan(60_000);
  for (const terminal of [...sent, blank]) terminal.free();
});
