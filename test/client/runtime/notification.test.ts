/** The notification bar and the title prefix against what stock shows (test/cases/notification.json). */
import { afterAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { NotificationBar } from "../../../client/notification.ts";
import { TitlePrefix } from "../../../client/title-prefix.ts";
import type { Terminal } from "../../../wasm-core/core.ts";
import { loadCore } from "../../../wasm-core/load.ts";

type Run = readonly [count: number, contents: string, pen?: string, flags?: string];
interface Shown {
  readonly cursor: readonly [number, number];
  readonly cursor_visible?: boolean;
  readonly title_set?: boolean;
  readonly title: string;
  readonly icon: string;
  readonly lines: readonly (readonly [text: string, ...runs: Run[]] | null)[];
}
interface Event {
  readonly time?: number;
  readonly last_heard?: number;
  readonly last_acked?: number;
  readonly notify?: string;
  readonly permanent?: boolean;
  readonly show_quit?: boolean;
  readonly network_error?: string;
  readonly clear_network_error?: boolean;
  readonly notification_wait?: number | null;
  readonly show?: Shown;
}
interface Case {
  readonly name: string;
  readonly desc: string;
  readonly cols: number;
  readonly rows: number;
  readonly host: string;
  readonly escape_key_name: string | null;
  readonly title_prefix: string;
  readonly events: readonly Event[];
}

const core = await loadCore();
const before = core.memory().bytesInUse;
afterAll(() => expect(core.memory().bytesInUse).toBe(before));

const file = (await Bun.file(join(import.meta.dir, "../../cases/notification.json")).json()) as {
  cases: Case[];
};

/**
 * One entry per column: contents and pen, blank cells alike whether erased or spaces. The column behind a wide character
 * is not seen, so it is left out.
 */
function cells(runs: readonly Run[], cols: number): string[] {
  const columns = runs.flatMap(([count, contents, pen = "0", flags = ""]) =>
    Array.from({ length: count }, () => `${contents || " "} ${pen} ${flags}`),
  );
  const row = columns.filter((_, col) => !columns[col - 1]?.endsWith("w"));
  return row.length > 0 ? row : Array.from({ length: cols }, () => "  0 ");
}

function shownBy(terminal: Terminal): Omit<Shown, "lines"> & { rows: string[][] } {
  const state = terminal.inspect();
  return {
    cursor: state.cursor,
    cursor_visible: state.cursor_visible,
    title_set: state.title_set,
    title: state.title,
    icon: state.icon,
    rows: Array.from({ length: terminal.rows }, (_, row) => {
      const line = state.lines[row];
      return cells((line ? line.slice(1) : []) as Run[], terminal.cols);
    }),
  };
}

describe("notification.json", () => {
  expect(file.cases.length).toBe(30);
  for (const one of file.cases) {
    test(`${one.name}: ${one.desc}`, () => {
      const remote = core.createTerminal(one.cols, one.rows, "replica-repair");
      remote.feed(new Uint8Array(Buffer.from(one.host, "base64")));
      let now = 1_000_000;
      const bar = new NotificationBar(one.escape_key_name ?? undefined, 0);
      const title = new TitlePrefix();
      expect(one.title_prefix).toBe("[mosh] ");
      let checks = 0;
      for (const event of one.events) {
        if (event.time !== undefined) now = event.time;
        if (event.last_heard !== undefined && event.last_acked !== undefined) {
          bar.received({ now: event.last_heard, newState: true, lastAckedTime: event.last_acked });
        }
        if (event.notify !== undefined) {
          bar.setMessage(event.notify, now, { permanent: event.permanent!, quitHint: event.show_quit! });
        }
        if (event.network_error !== undefined) bar.setNetworkError(event.network_error, now);
        if (event.clear_network_error) bar.networkWorks(now);
        if (event.notification_wait !== undefined) {
          checks++;
          expect(bar.waitTime(now)).toBe(event.notification_wait ?? Number.POSITIVE_INFINITY);
        }
        if (event.show) {
          checks++;
          const target = remote.snapshot();
          bar.apply(target, now);
          title.apply(target);
          const { lines, ...rest } = event.show;
          expect(shownBy(target)).toEqual({
            cursor_visible: true,
            title_set: false,
            ...rest,
            rows: Array.from({ length: one.rows }, (_, row) =>
              cells((lines[row]?.slice(1) ?? []) as Run[], one.cols),
            ),
          });
          // Nothing but the picture: the program's pen and hidden modes are as they were.
          expect(target.inspect().pen).toBe(remote.inspect().pen);
          target.free();
        }
      }
      expect(checks).toBeGreaterThan(0);
      remote.free();
    });
  }
});

describe("the bar over difficult screens", () => {
  const remotes: [string, string][] = [
    ["a wide character across the text's end", "\x1b[1;54H漢字漢字"],
    ["origin mode and margins", "\x1b[2;3r\x1b[?6h\x1b[2;2H"],
    ["insert mode and a colored pen", "\x1b[4h\x1b[35;7mabc"],
    ["a line just filled, wrap pending", `\x1b[2;1H${"x".repeat(80)}`],
    ["the parser in the middle of a sequence", "abc\x1b[3"],
    ["a split character", "abc\xe6\xbc"],
  ];
  for (const [what, host] of remotes) {
    test(what, () => {
      const remote = core.createTerminal(80, 3, "replica-repair");
      remote.feed(new Uint8Array(Buffer.from(host, what === "a split character" ? "latin1" : "utf8")));
      const target = remote.snapshot();
      const bar = new NotificationBar("Ctrl-^", 0);
      bar.apply(target, 7000);
      expect(target.text()[0]).toBe("mosh: Last contact 7 seconds ago. [To quit: Ctrl-^ .]");
      expect(target.text().slice(1)).toEqual(remote.text().slice(1));
      expect([target.cursorRow, target.cursorCol]).toEqual([remote.cursorRow, remote.cursorCol]);
      expect(target.pen).toEqual(remote.pen);
      for (let col = 0; col < 80; col++) {
        const { rendition } = target.cell(0, col);
        expect(rendition.background).toBe(target.cell(0, 0).rendition.background);
      }
      target.free();
      remote.free();
    });
  }

  test("a text longer than the row is cut, and the rest of the screen untouched", () => {
    for (const cols of [1, 2, 5, 53, 54, 127, 128, 300]) {
      const remote = core.createTerminal(cols, 2, "replica-repair");
      const target = remote.snapshot();
      const bar = new NotificationBar(undefined, 0);
      bar.setMessage("漢".repeat(150), 0, { permanent: true });
      bar.apply(target, 0);
      const text = `mosh: ${"漢".repeat(150)}`.slice(0, 127);
      const expected = target.text()[0]!;
      expect(text.startsWith(expected)).toBe(true);
      // As much as fits, and no more.
      const next = text.slice(expected.length, expected.length + 1);
      expect(Bun.stringWidth(expected)).toBeLessThanOrEqual(cols);
      if (next !== "") expect(Bun.stringWidth(expected + next)).toBeGreaterThan(cols);
      expect(target.text()[1]).toBe("");
      target.free();
      remote.free();
    }
  });

  test("inverse instead of colors, if there shall be none", () => {
    const target = core.createTerminal(40, 2, "replica-repair");
    const bar = new NotificationBar(undefined, 0, false);
    bar.setMessage("x", 0, { permanent: true });
    bar.apply(target, 0);
    expect(target.text()[0]).toBe("mosh: x");
    const plain = core.createTerminal(40, 2, "replica-repair");
    plain.feed(new TextEncoder().encode(`\x1b7\x1b[1;7mmosh: x\x1b[0;7m${" ".repeat(33)}\x1b8\x1b[?25l`));
    expect(target.inspect()).toEqual(plain.inspect());
    plain.free();
    target.free();
  });

  test("control characters in a message are not obeyed", () => {
    const target = core.createTerminal(40, 2, "replica-repair");
    const bar = new NotificationBar(undefined, 0);
    bar.setMessage("a\x1b[2Jb\r\nc\x07\x9b", 0, { permanent: true });
    bar.apply(target, 0);
    expect(target.text()).toEqual(["mosh: a[2Jbc", ""]);
    expect(target.bellCount).toBe(0);
    target.free();
  });
});
