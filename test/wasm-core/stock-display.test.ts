/** Frames in stock mode against everything stock Mosh 1.4.0 was seen to write, byte for byte. */
import { describe, expect, test } from "bun:test";
import { encodeHostMessage, type HostEvent } from "../../ssp/host-message.ts";
import type { Terminal } from "../../wasm-core/core.ts";
import { loadCore } from "../../wasm-core/load.ts";
import display from "../cases/client-display.json" with { type: "json" };
import diffs from "../cases/diff.json" with { type: "json" };
import emulator from "../cases/emulator.json" with { type: "json" };
import recorded from "../vectors/host-diff.json" with { type: "json" };
import { bytes, type EmulatorCase, play, type Step } from "./cases.ts";

const core = await loadCore();

/** Bytes as text that a person can compare. */
const readable = (b: Uint8Array) => JSON.stringify(Buffer.from(b).toString("latin1"));

/** Stock's host string. Between equal states it asks for no frame, and the icon name is not part of its equality. */
function stockFrame(to: Terminal, from: Terminal): Uint8Array {
  const sameIcon = from.clone();
  sameIcon.setIconName(to.iconName);
  const equal = to.equals(sameIcon);
  sameIcon.free();
  return equal ? new Uint8Array(0) : to.diff(from, { stock: true });
}

interface DiffStep {
  do: Step[];
  frame: string;
  message: string;
  states_equal?: boolean;
}

interface DiffCase {
  name: string;
  cols: number;
  rows: number;
  steps: DiffStep[];
}

describe("consecutive states: host string and message", () => {
  const cases = diffs.cases as unknown as DiffCase[];

  test("the file is complete", () => {
    expect(cases.flatMap((c) => c.steps).length).toBe(388);
  });

  for (const c of cases) {
    test(c.name, () => {
      const live = core.createTerminal(c.cols, c.rows, "replica");
      let before = live.snapshot();
      for (const step of c.steps) {
        play(live, step.do);
        const now = live.snapshot();
        const frame = stockFrame(now, before);
        expect(readable(frame)).toBe(readable(bytes(step.frame)));
        const events: HostEvent[] = [];
        if (now.cols !== before.cols || now.rows !== before.rows)
          events.push({ kind: "resize", cols: now.cols, rows: now.rows });
        if (frame.length > 0) events.push({ kind: "bytes", bytes: frame });
        expect(readable(encodeHostMessage(events))).toBe(readable(bytes(step.message)));
        // Stock compares rows by identity; where it sees no change there is none.
        if (step.states_equal && now.iconName === before.iconName) expect(now.equals(before)).toBe(true);
        before.free();
        before = now;
      }
      before.free();
      live.free();
    });
  }
});

describe("drawing with and without ECH, background erase, titles", () => {
  expect(display.cases.length).toBe(120);
  for (const c of display.cases) {
    test(c.name, () => {
      const live = core.createTerminal(c.cols, c.rows, "replica");
      live.feed(bytes(c.before));
      const before = live.snapshot();
      live.feed(bytes(c.after));
      const options = { initialized: c.initialized, ech: c.ech, bce: c.bce, titles: c.title, stock: true };
      expect(readable(live.diff(before, options))).toBe(readable(bytes(c.bytes)));
      before.free();
      live.free();
    });
  }
});

test("from blank to the final state of every emulator case", () => {
  for (const c of emulator.cases as unknown as EmulatorCase[]) {
    const live = core.createTerminal(c.cols, c.rows, "replica");
    const blank = live.snapshot();
    play(live, c.steps);
    const now = live.snapshot();
    // RIS makes new rows: equal ones, but a change to stock, which compares identities.
    const frame = c.name === "reset-ris" ? now.diff(blank, { stock: true }) : stockFrame(now, blank);
    expect(`${c.name}: ${readable(frame)}`).toBe(`${c.name}: ${readable(bytes(c.frame))}`);
    for (const terminal of [live, blank, now]) terminal.free();
  }
});

describe("recorded from the stock server", () => {
  interface RecordedStep {
    resize?: [number, number];
    app?: string;
    host: { resize?: [number, number]; hoststring?: string }[];
  }
  const cases = recorded.cases as unknown as { name: string; steps: RecordedStep[] }[];

  test("the file is complete", () => {
    expect(cases.flatMap((c) => c.steps).length).toBe(322);
  });

  for (const c of cases) {
    test(c.name, () => {
      const live = core.createTerminal(80, 24, "replica");
      let before = live.snapshot();
      for (const step of c.steps) {
        if (step.resize) live.resize(...step.resize);
        if (step.app !== undefined) live.feed(Buffer.from(step.app, "hex"));
        const now = live.snapshot();
        const expected = step.host.map((h) => h.hoststring ?? "").join("");
        expect(readable(stockFrame(now, before))).toBe(readable(Buffer.from(expected, "hex")));
        before.free();
        before = now;
      }
      before.free();
      live.free();
    });
  }
});

test("everything is given back", () => {
  expect(core.memory().bytesInUse).toBe(0);
});
