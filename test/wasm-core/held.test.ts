/**
 * Output that is held back until somebody looks (wasm-core/held.ts): whoever looks, however, sees what he would have seen.
 * A failure names its seed: run it again with STERNA_FUZZ_SEED=… (and more of it with STERNA_FUZZ_RUNS=…).
 */
import { afterEach, expect, test } from "bun:test";
import { STREAMS } from "../../bench/emulator/streams.ts";
import { compileCore } from "../../wasm-core/compile.ts";
import { Core } from "../../wasm-core/core.ts";
import { Terminal } from "../../wasm-core/terminal.ts";
import { randomOutput } from "./program-output.ts";
import { Random } from "./random.ts";

const module = new WebAssembly.Module(await Bun.file(compileCore()).bytes());
const core = new Core(module);
const encoder = new TextEncoder();
const RUNS = Number(process.env.STERNA_FUZZ_RUNS ?? 150);
/** Most that is held, bytes. */
const MOST = 262_144;
/** Too small to be held by themselves, or to be passed over. */
const SMALL = 60;

afterEach(() => {
  expect(core.memory().bytesInUse).toBe(0);
});

function feedSmall(terminal: Terminal, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; at += SMALL) terminal.feed(bytes.subarray(at, at + SMALL));
}

function lines(count: number, first = 0): Uint8Array {
  return encoder.encode(
    Array.from(
      { length: count },
      (_, i) => `\x1b[3${i % 8}mline ${first + i}\x1b[m of a flood é 漢\r\n`,
    ).join(""),
  );
}

/** A terminal with output that is held, and one that has drawn the same. */
function pair(): [held: Terminal, drawn: Terminal] {
  // A core of their own: another one's looks must not keep it from holding.
  const fresh = new Core(module);
  const both = [fresh.createTerminal(40, 8, "host"), fresh.createTerminal(40, 8, "host")] as const;
  for (let i = 0; i < 3; i++) {
    const bytes = lines(60, 60 * i);
    both[0].feed(bytes);
    feedSmall(both[1], bytes);
  }
  return [...both];
}

test("everything that can be asked of a terminal is answered from behind the last byte", () => {
  const asked: string[] = [];
  for (const [name, { get, value }] of Object.entries(Object.getOwnPropertyDescriptors(Terminal.prototype))) {
    // Addresses differ; what has arguments or changes the terminal comes below.
    if (name === "constructor" || name === "pointer" || name === "free") continue;
    if (!get && (typeof value !== "function" || value.length > 0)) continue;
    const [held, drawn] = pair();
    const ask = (terminal: Terminal): unknown => {
      const answer = get ? get.call(terminal) : value.call(terminal);
      return answer instanceof Terminal ? answer.inspect() : answer;
    };
    expect([name, ask(held)]).toEqual([name, ask(drawn)]);
    asked.push(name);
  }
  expect(asked).toContain("cursorRow");
  expect(asked).toContain("snapshot");
  expect(asked.length).toBeGreaterThan(20);
});

test("what changes a terminal, or compares it, comes behind the output", () => {
  const changes: ((terminal: Terminal, other: Terminal) => unknown)[] = [
    (terminal) => terminal.resize(20, 5),
    (terminal) => terminal.translateInput(encoder.encode("\x1bOA")),
    (terminal) =>
      terminal.setCell(7, 3, {
        text: "x",
        wide: false,
        fallback: false,
        wrap: false,
        rendition: terminal.pen,
      }),
    (terminal) => terminal.setCellUnderline(3, 3, true),
    (terminal) => terminal.setCursor(1, 2),
    (terminal) => terminal.setCursorVisible(false),
    (terminal) => terminal.copyCell(0, 0, terminal, 3, 3),
    (terminal, other) => terminal.copyCell(0, 0, other, 3, 3),
    (terminal) => terminal.cell(5, 5),
    (terminal) => terminal.rowWords(5),
    (terminal, other) => terminal.equals(other),
    (terminal, other) => other.equals(terminal),
    (terminal, other) => terminal.diff(other),
    (terminal, other) => other.diff(terminal),
    (terminal) => terminal.feed(encoder.encode("\x1b[3A*")),
  ];
  for (const change of changes) {
    const outcomes = [false, true].map((hold) => {
      const fresh = new Core(module);
      const terminal = fresh.createTerminal(40, 8, "host");
      const other = terminal.snapshot();
      const bytes = lines(200);
      if (hold) for (let at = 0; at < bytes.length; at += 1500) terminal.feed(bytes.subarray(at, at + 1500));
      else feedSmall(terminal, bytes);
      const outcome = change(terminal, other);
      return [String(change), outcome, terminal.inspect(), other.inspect(), terminal.takeReplies()];
    });
    expect(outcomes[0]).toEqual(outcomes[1]);
  }
});

test("an answer, a bell, a title are there as soon as they are asked for", () => {
  const [held] = pair();
  held.feed(encoder.encode("\x1b[6n"));
  expect(Buffer.from(held.takeReplies()).toString()).toBe("\x1b[8;1R");
  held.feed(lines(90));
  held.feed(Buffer.concat([lines(90), encoder.encode("\x1b[")]));
  expect(held.takeReplies().length).toBe(0);
  held.feed(encoder.encode("5n"));
  expect(Buffer.from(held.takeReplies()).toString()).toBe("\x1b[0n");
  held.feed(lines(90));
  held.feed(Buffer.concat([lines(90), encoder.encode("\x07"), lines(90)]));
  expect(held.bellCount).toBe(1);
  held.feed(lines(90));
  held.feed(Buffer.concat([lines(90), encoder.encode("\x1b")]));
  held.feed(Buffer.concat([encoder.encode("[5n"), lines(90)]));
  expect(Buffer.from(held.takeReplies()).toString()).toBe("\x1b[0n");
  // CSI in one code point, its second byte in the next piece.
  held.feed(lines(90));
  held.feed(Buffer.concat([lines(90), Uint8Array.of(0xc2)]));
  held.feed(Buffer.concat([Uint8Array.of(0x9b), encoder.encode("5n"), lines(90)]));
  expect(Buffer.from(held.takeReplies()).toString()).toBe("\x1b[0n");
  // At the start of what is held next, too.
  for (let i = 0; i < 2; i++) held.feed(lines(40));
  expect(held.cursorRow).toBe(7);
  held.feed(Buffer.concat([lines(40), encoder.encode("\x1b[5n"), lines(90)]));
  expect(Buffer.from(held.takeReplies()).toString()).toBe("\x1b[0n");
  held.feed(encoder.encode("\x1b[5"));
  held.feed(Buffer.concat([encoder.encode("n"), lines(90)]));
  expect(Buffer.from(held.takeReplies()).toString()).toBe("\x1b[0n");
  held.feed(lines(90));
  held.feed(Buffer.concat([lines(90), Uint8Array.of(0xc2)]));
  // NEL, its second byte in the next piece.
  held.feed(Uint8Array.of(0x85, 0x1b));
  held.feed(encoder.encode("]2;title\x07"));
  expect(held.title).toBe("title");
});

test("freed while output is held: forgotten, and its address can be another terminal's", () => {
  const terminal = core.createTerminal(80, 24, "host");
  terminal.feed(lines(100));
  terminal.feed(lines(100));
  terminal.free();
  const next = core.createTerminal(80, 24, "host");
  expect(next.text().join("")).toBe("");
  next.free();
});

test("more than is held at once, cut anywhere", () => {
  const random = new Random(11);
  for (const { name, make } of [...STREAMS.slice(0, 6), ...STREAMS.slice(0, 6)]) {
    const cores = [new Core(module), new Core(module)] as const;
    const [large, small] = cores.map((one) => one.createTerminal(80, 24, "host")) as [Terminal, Terminal];
    const bytes = make(80, 24, 600_000);
    for (let at = 0; at < bytes.length; ) {
      const piece = bytes.subarray(
        at,
        at + random.pick([random.between(1024, 9000), random.between(40_000, 150_000)]),
      );
      large.feed(piece);
      feedSmall(small, piece);
      at += piece.length;
      if (random.oneIn(60)) expect([name, large.inspect()]).toEqual([name, small.inspect()]);
    }
    expect([name, large.inspect()]).toEqual([name, small.inspect()]);
    expect(large.takeReplies()).toEqual(small.takeReplies());
  }
}, 60_000);

test("the piece with which it is too much, cut anywhere", () => {
  const flood = lines(10_000).subarray(0, 270_000);
  for (let first = 1024; first < 1070; first++) {
    const cores = [new Core(module), new Core(module)] as const;
    const [large, small] = cores.map((one) => one.createTerminal(80, 24, "host")) as [Terminal, Terminal];
    let at = first;
    large.feed(flood.subarray(0, at));
    for (; at + 4096 <= MOST; at += 4096) large.feed(flood.subarray(at, at + 4096));
    const almost = MOST - (first % 64);
    large.feed(flood.subarray(at, almost));
    // So few lines that where the cut was can be seen.
    const question = encoder.encode(first % 2 ? "\x1b[6n" : "");
    const last = Buffer.concat([flood.subarray(almost, almost + 300), question]);
    large.feed(last);
    feedSmall(small, Buffer.concat([flood.subarray(0, almost), last]));
    expect([first, large.takeReplies()]).toEqual([first, small.takeReplies()]);
    expect([first, large.inspect()]).toEqual([first, small.inspect()]);
  }
}, 60_000);

/** Several terminals by turns, pieces cut anywhere, looks now and then. */
function run(seed: number): void {
  const random = new Random(seed);
  const cores = [new Core(module), new Core(module)] as const;
  const [cols, rows] = [random.pick([80, 33, 7]), random.pick([24, 6, 2])];
  const pairs = Array.from({ length: random.between(1, 3) }, () =>
    cores.map((one) => one.createTerminal(cols, rows, "host")),
  ) as [Terminal, Terminal][];
  for (let step = 0; step < 12; step++) {
    const [large, small] = random.pick(pairs);
    const parts: Uint8Array[] = [];
    for (let n = random.between(1, 3); n > 0; n--) {
      if (random.oneIn(6)) parts.push(Buffer.from(randomOutput(random, cols, rows), "utf8"));
      else if (random.oneIn(3)) parts.push(lines(random.below(200)));
      else parts.push(random.pick(STREAMS.slice(0, 6)).make(cols + 20, rows, random.between(1000, 12_000)));
    }
    const bytes = Buffer.concat(parts);
    for (let at = 0; at < bytes.length; ) {
      const length = random.oneIn(4) ? random.between(1, 300) : random.between(1024, 3000);
      large.feed(bytes.subarray(at, at + length));
      feedSmall(small, bytes.subarray(at, at + length));
      expect(large.takeReplies()).toEqual(small.takeReplies());
      at += length;
      if (random.oneIn(20)) expect([large.cursorCol, large.pen]).toEqual([small.cursorCol, small.pen]);
    }
    if (random.oneIn(2)) expect(large.inspect()).toEqual(small.inspect());
  }
  for (const both of pairs) {
    expect(both[0].inspect()).toEqual(both[1].inspect());
    for (const terminal of both) terminal.free();
  }
  expect(cores.map((one) => one.memory().bytesInUse)).toEqual([0, 0]);
}

test(`pieces of floods, ${RUNS} random runs`, () => {
  const only = process.env.STERNA_FUZZ_SEED;
  const seeds = only === undefined ? Array.from({ length: RUNS }, (_, i) => i + 1) : [Number(only)];
  for (const seed of seeds) {
    try {
      run(seed);
    } catch (error) {
      throw new Error(`STERNA_FUZZ_SEED=${seed}: ${error}`, { cause: error });
    }
  }
}, 300_000);
