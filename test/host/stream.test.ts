/** A stream to a shard: what is typed arrives whole, however long its program does not read. Real sockets and a real child. */
import { afterAll, afterEach, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SessionStream } from "../../server/host/messages.ts";
import { Shard } from "../../server/host/shard.ts";
import { openStream } from "../../server/host/stream.ts";
import { ShardMetrics } from "../../server/operator/metrics.ts";
import { loadCore } from "../../wasm-core/load.ts";
import { until } from "../drivers/wait.ts";

const SIZE = { cols: 80, rows: 24 };
/** More than all that buffers on the way hold. */
const PASTE = new Uint8Array(12 * 1024 * 1024).map((_, at) => 32 + (at % 89));
const PIECE_BYTES = 64 * 1024;

const directory = mkdtempSync(join(tmpdir(), "sterna-stream-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
let shard: Shard;

afterEach(() => {
  shard.close();
  for (const name of readdirSync(directory)) rmSync(join(directory, name));
});

/** A session that is shown over a stream, once its program has said that it is there. */
async function start(
  script: string,
): Promise<{ readonly stream: SessionStream; readonly shown: () => string }> {
  const path = join(directory, "stream.sock");
  shard = new Shard({
    core: await loadCore(),
    clock: () => performance.now(),
    number: 0,
    hubs: { addresses: ["127.0.0.1"], ports: { low: 62_100, high: 62_200 }, shared: false },
    metrics: new ShardMetrics(),
    streamPath: path,
    streamMode: 0o600,
    plan: () => ({
      command: ["sh", "-c", `stty raw -echo; echo ready; ${script}`],
      argv0: undefined,
      login: false,
      environment: { PATH: process.env.PATH ?? "" },
      directory: "/",
      complaint: undefined,
    }),
    utmp: undefined,
    log: () => {},
    ended: () => {},
  });
  await shard.start();
  const reply = await shard.handle({
    op: "create",
    id: 1,
    name: "paste",
    named: true,
    created: 0,
    owner: { name: "somebody", uid: process.getuid!() },
    request: { colors: 256, environment: {} },
    stream: { size: SIZE },
    limits: { network: 0, signal: 0 },
    quit: "detach",
  });
  if (!reply.ok) throw new Error(reply.message);
  const stream = await openStream(path, reply.stream!.token, SIZE);
  let shown = "";
  stream.onOutput = (bytes) => {
    shown += new TextDecoder().decode(bytes);
  };
  await until("the program", () => shown.includes("ready"));
  return { stream, shown: () => shown };
}

/** Ends when nothing more is taken; without waiting for the program that would be all of it, in some 30 ms. */
async function paste(stream: SessionStream): Promise<void> {
  for (let at = 0; at < PASTE.length; at += PIECE_BYTES) stream.keys(PASTE.subarray(at, at + PIECE_BYTES));
  const started = performance.now();
  await until("the paste", () => stream.backlog === 0 || performance.now() - started > 1000);
  expect(stream.backlog).toBeGreaterThan(0);
}

test("a paste into a program that does not read yet arrives whole", async () => {
  const [go, taken] = [join(directory, "go"), join(directory, "taken")];
  const { stream, shown } = await start(
    `until [ -e ${go} ]; do sleep 0.05; done; head -c ${PASTE.length} > ${taken}; echo whole`,
  );
  await paste(stream);
  writeFileSync(go, "");
  await until("all of it", () => shown().includes("whole"));
  expect(readFileSync(taken).equals(PASTE)).toBe(true);
  stream.close();
});

test("Ctrl-C gets past a paste that waits, and what is typed after it arrives", async () => {
  const taken = join(directory, "taken");
  const { stream, shown } = await start(
    `stty isig; trap 'over=1' INT; until [ "$over" ]; do sleep 0.05; done; head -c 3 > ${taken}; echo whole`,
  );
  await paste(stream);
  for (const keys of ["\x03", "a", "bc"]) stream.keys(Buffer.from(keys));
  await until("the rest", () => shown().includes("whole"));
  expect(readFileSync(taken, "latin1")).toBe("abc");
  expect(stream.backlog).toBe(0);
  stream.close();
});

test("a paused view goes on when it is told to, whatever waits", async () => {
  const { stream, shown } = await start("while :; do date +%N; sleep 0.02; done");
  stream.pause();
  await paste(stream);
  stream.resume();
  const before = shown().length;
  await until("more", () => shown().length > before);
  stream.close();
});

test("the person can leave while a paste waits for the program, and is gone", async () => {
  const { stream } = await start("exec sleep 1000");
  await paste(stream);
  const end = Promise.withResolvers<string>();
  stream.onEnded = end.resolve;
  stream.close();
  expect(await end.promise).toBe("you have left the session");
  await until("the view to be gone", async () => {
    const reply = await shard.handle({ op: "info", ids: [1] });
    return reply.ok && reply.sessions?.[0]?.attachments.length === 0;
  });
});
