/**
 * A host that follows another: it takes over the shards that the first has left with their sessions. Real processes, run
 * without root.
 */
import { afterAll, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nameFault, Registry } from "../../server/host/registry.ts";
import { Silent, TakenShard } from "../../server/host/taking-over.ts";
import { connectUnix, listenUnix, WrongUser } from "../../server/host/unix-socket.ts";
import { alive, gone, signal } from "../drivers/processes.ts";
import { until } from "../drivers/wait.ts";
import { peer } from "../peers.ts";
import { SupervisedHost, type Supervisor } from "./supervised.ts";

afterAll(SupervisedHost.remove, 60_000);

const RANGE = 'ports = "62500:62599"\nshards = 2';
const CAT = ["--", "cat"];

/** Process ids of the shards that a supervisor has started or taken over. */
function shards(supervisor: Supervisor, event: "shard started" | "shard taken over"): number[] {
  return [...supervisor.log().matchAll(new RegExp(`${event} shard=\\d+ pid=(\\d+)`, "g"))].map((match) =>
    Number(match[1]),
  );
}

function leftSockets(host: SupervisedHost): string[] {
  return readdirSync(host.directory).filter((name) => name.startsWith("left-"));
}

peer("cat")("sessions of a killed host are listed, attached to, renamed and ended by the next", async () => {
  const host = new SupervisedHost("killed", RANGE);
  const first = await host.start();
  const probe = await host.open("new", "--name", "work", ...CAT);
  await host.open("new", ...CAT);
  probe.type("before\r");
  await probe.shows("before\nbefore");
  await host.end(first, "SIGKILL");

  const second = await host.start();
  expect(second.log()).toMatch(/shard taken over shard=[23] pid=\d+ sessions=1/);
  const listed = await host.list();
  expect(listed.map(({ name }) => name)).toEqual(["work", "1"]);
  for (const { shard } of listed) expect(shard).toBeGreaterThanOrEqual(2);
  // Whoever was there notices nothing; whoever comes sees what they see.
  probe.type("after\r");
  await probe.shows("after\nafter");
  const other = await host.open("attach", "work");
  await other.shows("before\nbefore\nafter\nafter");
  // Numbers and names of old sessions are taken, and new ones are in the new shards.
  expect((await host.run(["new", "--name", "work", ...CAT])).err).toContain(
    'There is a session "work" already',
  );
  await host.open("new", ...CAT);
  expect((await host.list()).map(({ name, shard }) => [name, shard >= 2])).toEqual([
    ["work", true],
    ["1", true],
    ["2", false],
  ]);
  expect(await host.run(["rename", "work", "play"])).toMatchObject({ status: 0 });

  // And so on, with the name that it has by now.
  await host.end(second, "SIGKILL");
  const third = await host.start();
  expect((await host.list()).map(({ name }) => name).toSorted()).toEqual(["1", "2", "play"]);
  const old = shards(third, "shard taken over");
  expect(old.length).toBe(3);
  // A shard of old goes with its last session.
  for (const name of ["play", "1", "2"]) expect(await host.run(["kill", name])).toMatchObject({ status: 0 });
  await gone(old);
  await until("the log of it", () => third.log().match(/shard ended/g)?.length === 3, undefined, third.log);
  expect(leftSockets(host)).toEqual([]);
  expect(await host.list()).toEqual([]);
  expect(third.log()).not.toContain("shard died");
});

peer("cat")("SIGUSR2 leaves the sessions to the next host; shards without any go", async () => {
  const host = new SupervisedHost("update", RANGE);
  const first = await host.start();
  const probe = await host.open("new", "--name", "kept", ...CAT);
  const before = shards(first, "shard started");
  // Even a host that was about to stop is followed by one that is not.
  first.process.kill("SIGTERM");
  await probe.shows("This host is about to stop");
  expect(await host.end(first, "SIGUSR2")).toBe(75);
  await until("the shard without sessions to go", () => before.filter(alive).length === 1);
  await until("the other to wait", () => leftSockets(host).length === 1);

  const second = await host.start();
  expect(shards(second, "shard taken over")).toEqual(before.filter(alive));
  await until("the notice to go", () => !probe.rows.join().includes("about to stop"));
  // What the operator tells all sessions reaches these, too, and the host stops when they have ended.
  second.process.kill("SIGTERM");
  await probe.shows("This host is about to stop");
  probe.type("\x04");
  await until("the host to stop", () => second.process.exitCode === 0, undefined, second.log);
  expect(readdirSync(host.directory).filter((name) => name.endsWith(".sock"))).toEqual([]);
});

peer("cat")(
  "a shard of old that dies is counted with its sessions; one that stands still is asked again",
  async () => {
    const host = new SupervisedHost("unlucky", RANGE);
    const first = await host.start();
    await host.open("new", ...CAT);
    await host.open("new", ...CAT);
    const [stuck, doomed] = shards(first, "shard started") as [number, number];
    await host.end(first, "SIGKILL");
    await until("the shards to wait", () => leftSockets(host).length === 2);
    signal(stuck, "SIGSTOP");
    const second = host.launch();
    await until("the host", () => second.log().includes("host started"), undefined, second.log);
    expect(second.log()).toContain("it does not answer");
    expect((await host.list()).length).toBe(1);
    signal(stuck, "SIGCONT");
    await until("the other one", async () => (await host.list()).length === 2, 30_000, second.log);
    signal(doomed, "SIGKILL");
    await until(
      "the loss",
      () => /shard died shard=\d+ pid=\d+ sessions=1/.test(second.log()),
      undefined,
      second.log,
    );
    expect((await host.list()).length).toBe(1);
  },
  60_000,
);

peer("cat")("old shards that have all the ports do not keep the next host from serving them", async () => {
  const host = new SupervisedHost("narrow", 'ports = "62600:62601"\nshards = 2');
  const first = await host.start();
  const probe = await host.open("new", "--name", "a", ...CAT);
  await host.open("new", "--name", "b", ...CAT);
  await host.end(first, "SIGKILL");

  const second = await host.start();
  expect(second.log()).toContain("a shard could not be started");
  expect((await host.list()).map(({ name }) => name)).toEqual(["a", "b"]);
  // What they leave is taken.
  probe.type("\x04");
  await until("a shard", () => second.log().includes("shard started"), undefined, second.log);
  await host.open("new", "--name", "c", ...CAT);
  expect((await host.list()).map(({ name }) => name)).toEqual(["b", "c"]);
});

peer("cat")("ending an old shard's last session is answered before the shard goes", async () => {
  const host = new SupervisedHost("last", RANGE);
  const first = await host.start();
  // Nobody is there to say goodbye to: it ends at once.
  expect(await host.run(["new", "--name", "alone", ...CAT])).toMatchObject({ status: 0 });
  await host.end(first, "SIGKILL");
  const second = await host.start();
  expect(await host.run(["kill", "alone"])).toMatchObject({ status: 0, err: "" });
  await gone(shards(second, "shard taken over"));
});

peer("cat")("whoever asks between two hosts waits for the next one", async () => {
  const host = new SupervisedHost("between", RANGE);
  const first = await host.start();
  await host.open("new", "--name", "old", ...CAT);
  await host.end(first, "SIGKILL");
  await until("the shard to wait", () => leftSockets(host).length === 1);
  const asked = Promise.all([
    host.run(["list", "--json"]),
    host.run(["attach", "old"]),
    host.run(["new", "--name", "fresh", ...CAT]),
  ]);
  await host.start();
  const [listed, attached, created] = await asked;
  expect(JSON.parse(listed.out)).toContainEqual(expect.objectContaining({ name: "old" }));
  expect(attached).toMatchObject({ status: 0, err: expect.stringContaining("old") });
  expect(created).toMatchObject({ status: 0, err: expect.stringContaining("fresh") });
  expect((await host.list()).map(({ name }) => name)).toEqual(["old", "fresh"]);
});

peer("cat")("ending the last session of a host that is about to stop is answered", async () => {
  const host = new SupervisedHost("stopping", RANGE);
  const supervisor = await host.start();
  expect(await host.run(["new", "--name", "alone", ...CAT])).toMatchObject({ status: 0 });
  supervisor.process.kill("SIGTERM");
  await until("it to drain", () => supervisor.log().includes("draining"), undefined, supervisor.log);
  expect(await host.run(["kill", "alone"])).toMatchObject({ status: 0, err: "" });
  expect(await supervisor.process.exited).toBe(0);
});

test("a host that goes away before it answers: one line says so", async () => {
  const host = new SupervisedHost("rude", RANGE);
  const listener = listenUnix(join(host.directory, "host.sock"), 0o600, (connection) => {
    connection.onData = () => connection.close();
  });
  try {
    for (const words of [["list"], ["kill", "x"], ["attach", "x"]])
      expect(await host.run(words)).toEqual({
        status: 1,
        out: "",
        err: "sterna-server: the host has closed the connection; try again.\n",
      });
  } finally {
    listener.close();
  }
});

peer("cat")("what is no supervisor does a waiting shard no harm", async () => {
  const host = new SupervisedHost("garbage", RANGE);
  const first = await host.start();
  const probe = await host.open("new", ...CAT);
  await host.end(first, "SIGKILL");
  await until("the shard to wait", () => leftSockets(host).length === 1);
  const path = join(host.directory, leftSockets(host)[0]!);
  for (const text of [
    "null\n",
    "[]\n",
    "{\n",
    '{"kind":"call","id":1,"request":{"op":"stats"}}\n',
    '{"kind":"take","version":1}\n{"kind":"call","id":1}\n',
    '{"kind":"take","version":99}\n',
    `"${"x".repeat(17_000_000)}`,
  ]) {
    const connection = await connectUnix(path);
    const closed = Promise.withResolvers<void>();
    connection.onClosed = closed.resolve;
    connection.write(Buffer.from(text));
    await closed.promise;
  }
  probe.type("alive\r");
  await probe.shows("alive\nalive");
  await host.start();
  expect((await host.list()).map(({ name }) => name)).toEqual(["1"]);
  expect(existsSync(path)).toBe(true);
});

test("a directory that others may write to is not used", async () => {
  const host = new SupervisedHost("open", RANGE);
  Bun.spawnSync(["chmod", "0777", host.directory]);
  const supervisor = host.launch();
  await until("its end", () => supervisor.process.exitCode === 1);
  expect(supervisor.log()).toContain("others may write to it");
});

test("a shard of another version, one that talks nonsense and one that goes", async () => {
  const directory = mkdtempSync(join(tmpdir(), "sterna-taking-"));
  const path = join(directory, "left.sock");
  const uid = process.getuid!();
  let answer = "";
  const listener = listenUnix(path, 0o600, (connection) => {
    connection.onData = () => {
      connection.write(Buffer.from(answer));
      connection.end();
    };
  });
  const told: string[] = [];
  const take = (user = uid) =>
    TakenShard.take(path, 7, user, {
      kept: (shard, sessions) => told.push(`kept ${sessions.length} by ${shard.number}`),
      ended: (id) => told.push(`ended ${id}`),
      log: (level, text) => told.push(`${level} ${text}`),
      died: (status) => told.push(`died ${status}`),
    });
  answer = '{"kind":"failed","message":"it speaks version 2"}\n';
  await expect(take()).rejects.toThrow("it speaks version 2");
  answer = '"nonsense\n';
  await expect(take()).rejects.toThrow(Silent);
  answer = '{"kind":"ended","id":1}\n';
  await expect(take()).rejects.toThrow(Silent);
  await expect(take(uid + 1)).rejects.toThrow(WrongUser);
  expect(told).toEqual([]);
  // What comes with the answer, in one piece, is heard after it; after nonsense nothing is.
  answer = '{"kind":"kept","sessions":[]}\n{"kind":"ended","id":5}\nnonsense\n{"kind":"ended","id":6}\n';
  const shard = await take();
  await until("its end", () => told.includes("died gone"));
  expect(told).toEqual(["kept 0 by 7", "ended 5", "died gone"]);
  expect(await shard!.call({ op: "stats" })).toMatchObject({ ok: false, code: "failed" });
  listener.close();
  expect(await take()).toBeUndefined();
  rmSync(directory, { recursive: true });
});

test("a session of old whose name was given away gets another, and its number only once", () => {
  const owner = { name: "alice", uid: 1000 };
  const registry = new Registry(1_000_000);
  const added = registry.add(owner, "work", 0, 0);
  const kept = { id: 7, owner, name: "work", named: true, created: 1 };
  const long = "x".repeat(64);
  // Two units a character.
  const wide = "𠮷".repeat(64);
  const bob = { name: "bob", uid: 1001 };
  const sessions = [
    kept,
    { ...kept, id: 9 },
    { ...kept, id: 8, owner: bob },
    { ...kept, id: 10, name: long },
    { ...kept, id: 11, name: long },
    { ...kept, id: 14, name: wide },
    { ...kept, id: 15, name: wide },
    { ...kept, id: 12, name: "1", named: false },
    { ...kept, id: 13, name: "1", named: false },
    { ...kept, id: added.id, name: "lost" },
  ];
  expect(registry.take(sessions, 2).map(({ name }) => name)).toEqual([
    "work-2",
    "work-3",
    "work",
    long,
    `${long.slice(0, 57)}-2`,
    wide,
    `${"𠮷".repeat(57)}-2`,
    "1",
    "2",
  ]);
  expect(registry.of(undefined).map(({ id }) => id)).toEqual([7, 8, 9, 10, 11, 12, 13, 14, 15, added.id]);
  expect(registry.in(2).length).toBe(9);
  for (const { name } of registry.in(2)) expect(nameFault(name)).toBeUndefined();
  expect(registry.find(1001, "work")).toMatchObject({ id: 8, shard: 2 });
  // A later host's numbers are others.
  expect(new Registry(1_000_001).add(owner, undefined, 0, 0).id).toBeGreaterThan(added.id);
});
