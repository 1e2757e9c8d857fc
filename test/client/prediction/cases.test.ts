/** The engine against what stock does (test/cases/prediction.json): its state and the picture after every drawing. */
import { afterAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { LocalEcho } from "../../../client/local-echo.ts";
import { NotificationBar } from "../../../client/notification.ts";
import type { PredictionMode } from "../../../client/prediction/engine.ts";
import { PASTE_BYTES } from "../../../client/prediction/engine.ts";
import type { Terminal } from "../../../wasm-core/core.ts";
import { loadCore } from "../../../wasm-core/load.ts";

type Run = readonly [count: number, contents: string, pen?: string, flags?: string];

interface Shown {
  readonly cursor: readonly [number, number];
  readonly cursor_visible?: boolean;
  readonly lines?: readonly (readonly [text: string, ...runs: Run[]] | null)[];
}

interface EngineState {
  readonly prediction_epoch: number;
  readonly confirmed_epoch: number;
  readonly flagging: boolean;
  readonly srtt_trigger: boolean;
  readonly glitch_trigger: number;
  readonly cursors: readonly (readonly number[])[];
  readonly cells: readonly (readonly [number, number, string | null, number, number])[];
}

interface Event {
  readonly time?: number;
  readonly host?: string;
  readonly host_resize?: readonly [number, number];
  readonly net?: { readonly late_ack: number; readonly send_interval: number };
  readonly keys?: string;
  readonly last_sent?: number;
  readonly notify?: string;
  readonly permanent?: boolean;
  readonly show_quit?: boolean;
  readonly show?: Shown;
  readonly engine?: EngineState;
  readonly wait?: number | null;
}

interface Case {
  readonly name: string;
  readonly desc: string;
  readonly cols: number;
  readonly rows: number;
  readonly preference: PredictionMode;
  readonly overwrite: boolean;
  readonly events: readonly Event[];
}

const core = await loadCore();
const before = core.memory().bytesInUse;
afterAll(() => expect(core.memory().bytesInUse).toBe(before));

const file = (await Bun.file(join(import.meta.dir, "../../cases/prediction.json")).json()) as {
  cases: Case[];
};
const bytes = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, "base64"));

/** One entry per column: contents and rendition, blank cells alike whether erased or spaces. */
function columns(runs: readonly Run[], cols: number): string[] {
  const found = runs.flatMap(([count, contents, pen = "0"]) =>
    Array.from({ length: count }, () => `${contents || " "} ${pen}`),
  );
  return found.length > 0 ? found : Array.from({ length: cols }, () => "  0");
}

function picture(terminal: Terminal): {
  cursor: readonly [number, number];
  visible: boolean;
  rows: string[][];
} {
  const state = terminal.inspect();
  return {
    cursor: state.cursor,
    visible: state.cursor_visible,
    rows: Array.from({ length: terminal.rows }, (_, row) =>
      columns((state.lines[row]?.slice(1) ?? []) as Run[], terminal.cols),
    ),
  };
}

function expected(shown: Shown, rows: number, cols: number): ReturnType<typeof picture> {
  return {
    cursor: shown.cursor,
    visible: shown.cursor_visible ?? true,
    rows: Array.from({ length: rows }, (_, row) =>
      columns((shown.lines?.[row]?.slice(1) ?? []) as Run[], cols),
    ),
  };
}

describe("prediction.json", () => {
  expect(file.cases.length).toBe(60);
  for (const one of file.cases) {
    test(`${one.name}: ${one.desc}`, () => {
      const remote = core.createTerminal(one.cols, one.rows, "replica");
      let drawn = remote.snapshot();
      const echo = new LocalEcho({
        mode: one.preference,
        overwrite: one.overwrite,
        stock: true,
        width: (codePoint) => remote.width(codePoint),
      });
      let now = 0;
      const bar = new NotificationBar(undefined, now);
      let drawings = 0;
      for (const event of one.events) {
        if (event.time !== undefined) {
          now = event.time;
          bar.received?.({ now, newState: true, lastAckedTime: now });
        }
        if (event.host !== undefined) remote.feed(bytes(event.host));
        if (event.host_resize) remote.resize(...event.host_resize);
        if (event.net) {
          const { late_ack, send_interval } = event.net;
          echo.received({
            now,
            newState: true,
            lastAckedTime: now,
            echoAck: Number(late_ack),
            sendInterval: send_interval,
          });
        }
        if (event.keys !== undefined) {
          // As stock does it: judged by what is drawn only. The client itself looks at the newest frame first.
          echo.typed(bytes(event.keys), {
            now,
            drawn,
            remote: drawn,
            lastSent: Number(event.last_sent ?? 0),
          });
        }
        if (event.notify !== undefined) {
          bar.setMessage(event.notify, now, {
            permanent: event.permanent ?? false,
            quitHint: event.show_quit ?? true,
          });
        }
        if (event.show) {
          const target = remote.snapshot();
          echo.apply(target, now);
          bar.apply(target, now);
          drawn.free();
          drawn = target;
          drawings++;
          expect(picture(drawn)).toEqual(expected(event.show, remote.rows, remote.cols));
        }
        if (event.engine) {
          const state = echo.engine.inspect();
          expect<unknown>({
            ...state,
            cells: state.cells.map(({ row, col, glyph, expiration, epoch }) => [
              row,
              col,
              glyph && (glyph.contents || " "),
              expiration,
              epoch,
            ]),
          }).toEqual({
            epoch: event.engine.prediction_epoch,
            confirmedEpoch: event.engine.confirmed_epoch,
            flagging: event.engine.flagging,
            slowLine: event.engine.srtt_trigger,
            glitches: event.engine.glitch_trigger,
            cursors: event.engine.cursors,
            cells: event.engine.cells,
          });
        }
        if (event.wait !== undefined) expect(echo.waitTime()).toBe(event.wait ?? Number.POSITIVE_INFINITY);
      }
      expect(drawings).toBeGreaterThan(0);
      drawn.free();
      remote.free();
    });
  }
});

test("the longest read that is guessed has 100 bytes", () => {
  expect(PASTE_BYTES).toBe(100);
});
