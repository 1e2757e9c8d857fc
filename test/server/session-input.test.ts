/** What a session makes of its users' events, without a network: keys in order, and sizes that nobody's window could have. */
import { expect, test } from "bun:test";
import { Session, type SessionEvents } from "../../server/session.ts";
import type { UserEvent } from "../../ssp/user-message.ts";
import { loadCore } from "../../wasm-core/load.ts";
import { until } from "../drivers/wait.ts";

const core = await loadCore();

test("of a thousand sizes in one message the last few count; all keys do", async () => {
  const command = ["sh", "-c", "stty raw -echo; echo ready; head -c 1000 | wc -c; stty size; sleep 20"];
  const events: SessionEvents = { changed() {}, ended() {}, log() {} };
  const session = new Session(
    {
      plan: () => ({
        command,
        argv0: undefined,
        login: false,
        environment: { PATH: process.env.PATH! },
        directory: "/",
        complaint: undefined,
      }),
      notices: () => new Uint8Array(),
      terminal: core.createTerminal(80, 24, "host"),
    },
    events,
  );
  const shows = (text: string) => until(text, () => session.terminal.text().join("\n").includes(text));
  session.input([{ kind: "resize", cols: 70, rows: 20 }]);
  await shows("ready");
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
  await shows("1000");
  await shows("10 60");
  session.close();
});
