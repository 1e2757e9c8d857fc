/** What a session makes of its users' events, without a network: keys in order, and sizes that nobody's window could have. */
import { expect, spyOn, test } from "bun:test";
import { turns } from "../../server/pty.ts";
import { Session, type SessionEvents } from "../../server/session.ts";
import type { ChildPlan } from "../../server/shell.ts";
import { encodeUserMessage, type UserEvent } from "../../ssp/user-message.ts";
import { loadCore } from "../../wasm-core/load.ts";
import { until } from "../drivers/wait.ts";

const core = await loadCore();

/** A session that runs a script, its window known. */
const started = (script: string): Session =>
  withPlan(() => ({
    command: ["sh", "-c", script],
    argv0: undefined,
    login: false,
    environment: { PATH: process.env.PATH! },
    directory: "/",
    complaint: undefined,
  }));

function withPlan(plan: () => ChildPlan, log: (message: string) => void = () => {}): Session {
  const events: SessionEvents = { changed() {}, ended() {}, log };
  const session = new Session(
    {
      plan,
      notices: () => new Uint8Array(),
      terminal: core.createTerminal(80, 24, "host"),
    },
    events,
  );
  session.input([{ kind: "resize", cols: 70, rows: 20 }]);
  return session;
}

const shows = (session: Session, text: string) =>
  until(text, () => session.terminal.text().join("\n").includes(text));

test("what a program does not read waits with the client, but not for Ctrl-C, nor with one that has no patience", async () => {
  const session = started("stty -echo; echo ready; exec sleep 20");
  await shows(session, "ready");
  const message = (bytes: Uint8Array) => encodeUserMessage([{ kind: "keys", bytes }]);
  const lines = Buffer.alloc(65_536, "0123456789abcde\n");
  expect(session.hasRoom(message(lines))).toBe(true);
  for (let at = 0; at < 20; at++) session.input([{ kind: "keys", bytes: lines }]);
  expect(session.hasRoom(message(lines))).toBe(false);
  expect(session.hasRoom(message(Buffer.from("x")))).toBe(false);
  expect(session.hasRoom(message(Buffer.from("x\x03")))).toBe(true);
  expect(session.hasRoom(message(Buffer.alloc(300_000)))).toBe(true);
  session.close();
});

test("of a thousand sizes in one message the last few count; all keys do", async () => {
  const session = started("stty raw -echo; echo ready; head -c 1000 | wc -c; stty size; sleep 20");
  await shows(session, "ready");
  let resizes = 0;
  const resize = session.terminal.resize.bind(session.terminal);
  session.terminal.resize = (cols, rows) => {
    resizes++;
    resize(cols, rows);
  };
  const flood: UserEvent[] = [];
  for (let i = 0; i < 1000; i++) {
    flood.push({ kind: "keys", bytes: Buffer.from("k") }, { kind: "resize", cols: 41 + (i % 20), rows: 10 });
  }
  session.input(flood);
  expect(resizes).toBeLessThanOrEqual(16);
  expect([session.terminal.cols, session.terminal.rows]).toEqual([60, 10]);
  await shows(session, "1000");
  await shows(session, "10 60");
  session.close();
});

test("a key stops those that flood, an answer of the terminal to its program does not", async () => {
  const holds = spyOn(turns, "hold");
  const session = started(
    "stty raw -echo; printf '\\033[6n'; dd bs=1 count=6 2>/dev/null | od -c; echo ready; dd bs=1 count=1 2>/dev/null; sleep 20",
  );
  await shows(session, "ready");
  expect(holds).toHaveBeenCalledTimes(0);
  session.input([{ kind: "keys", bytes: Buffer.from("k") }]);
  expect(holds).toHaveBeenCalledTimes(1);
  holds.mockRestore();
  session.close();
});

test("a user who is gone between key and first word sees why there is no shell; nobody else notices", async () => {
  const said: string[] = [];
  const session = withPlan(
    () => {
      throw new Error("user alice is not in the database");
    },
    (message) => said.push(message),
  );
  await shows(session, "user alice is not in the database");
  expect(said).toEqual(["cannot be started: user alice is not in the database"]);
  session.input([{ kind: "keys", bytes: Buffer.from("k") }]);
  session.close();
});
