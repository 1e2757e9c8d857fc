/** `top`: the page (figures, rates, order, what a program wrote stays in its column), and the real one on a terminal. */
import { afterAll, describe, expect, test } from "bun:test";
import type { SessionInfo } from "../../server/host/messages.ts";
import { HISTOGRAMS, ShardMetrics } from "../../server/operator/metrics.ts";
import { type PageOptions, renderPage, type Sample } from "../../server/operator/top-page.ts";
import { Pty } from "../../server/pty.ts";
import { age, cut, printable, tableLines } from "../../server/table.ts";
import { serverProgram } from "../drivers/peers-run.ts";
import { familyOf } from "../drivers/processes.ts";
import { until } from "../drivers/wait.ts";
import { OwnHost } from "../host/own.ts";

const NOW = 1_000_000_500;

function session(
  name: string,
  user: string,
  seen: number,
  more: Partial<SessionInfo> & { rtt?: number } = {},
): SessionInfo {
  const { rtt, ...rest } = more;
  return {
    name,
    user,
    created: seen - 3_600_000,
    lastSeen: seen,
    command: "vim",
    size: { cols: 80, rows: 24 },
    title: "",
    attachments:
      rtt === undefined ? [] : [{ peer: "192.0.2.1:5000", readOnly: false, silentMs: 100, srttMs: rtt }],
    shard: 0,
    ...rest,
  };
}

function sample(time: number, accepted: number, cpu: number, sessions: readonly SessionInfo[]): Sample {
  const metrics = new ShardMetrics();
  for (let i = 0; i < accepted; i++) metrics.datagram("accepted", 80);
  for (let i = 0; i < accepted / 10; i++) metrics.datagram("forged", 80);
  for (let i = 0; i < accepted; i++) metrics.keyToFrame.record(i < accepted * 0.98 ? 0.9 : 30);
  const figures = metrics.figures({
    shard: 0,
    pid: 1,
    sessions: 2,
    attachments: 1,
    wasmInUse: 1_234_567,
    wasmReserved: 2e6,
    rss: 50e6,
    cpu,
  });
  return { time, shards: [figures], sessions };
}

const sessions = [session("old", "alice", NOW - 100_000), session("new", "bob", NOW - 500, { rtt: 42.3 })];
const options: PageOptions = { order: "s", reversed: false, scroll: 0, size: { cols: 200, rows: 24 } };
const now = sample(NOW, 300, 1.5, sessions);
const before = sample(NOW - 2000, 100, 1, sessions);
const words = (line: string): string[] => line.trim().split(/ {2,}/);

describe("the page", () => {
  test("figures and rates of the shards, the session seen last first", () => {
    const { lines, heading } = renderPage(now, before, options);
    expect(lines[0]).toMatch(/^sterna \d\d:\d\d:\d\d {2}2 sessions, 1 in use, 2 users, 1 shard$/);
    const shard = Object.fromEntries(words(lines[2]!).map((name, i) => [name, words(lines[3]!)[i]!]));
    expect(shard).toMatchObject({
      ...{ SHARD: "0", PID: "1", SESS: "2", CLIENTS: "1", CPU: "25%", MEM: "50M", SCREENS: "1.2M" },
      ...{ "IN/s": "8.8k", "OUT/s": "0", "DROPPED/s": "10", RTT: "-", LOSS: "-" },
      ...{ "KEY p50": "1 ms", p99: "32 ms", "LATE p99": "-" },
    });
    expect(words(lines[heading]!)).toEqual([
      ...["USER", "NAME", "SHARD", "RUNS", "SIZE", "CREATED", "SEEN↓", "RTT", "CLIENTS", "TITLE"],
    ]);
    expect(words(lines[heading + 1]!)).toEqual([
      ...["bob", "new", "0", "vim", "80x24", "1 h", "now", "42 ms", "192.0.2.1:5000"],
    ]);
    expect(words(lines[heading + 2]!)).toEqual([
      "alice",
      "old",
      "0",
      "vim",
      "80x24",
      "1 h",
      "1 min",
      "-",
      "-",
    ]);
  });

  test("no rates before there is a second sample, or for a shard that was started again", () => {
    const again = { ...before, shards: [{ ...before.shards[0]!, pid: 99 }] };
    for (const earlier of [undefined, again]) {
      const row = words(renderPage(now, earlier, options).lines[3]!);
      expect(row[4]).toBe("-");
      expect(row.slice(7, 11)).toEqual(["-", "-", "-", "-"]);
    }
  });

  test("orders, and the other way round", () => {
    const names = (order: PageOptions["order"], reversed = false): string[] => {
      const many = [
        session("s10", "carol", 3, { rtt: 5 }),
        session("s9", "alice", 2, { rtt: 50, shard: 1 }),
        session("s1", "bob", 9, { created: 1 }),
      ];
      const { lines, heading } = renderPage({ ...now, sessions: many }, undefined, {
        ...options,
        order,
        reversed,
      });
      return lines.slice(heading + 1).map((line) => words(line)[1]!);
    };
    expect(names("s")).toEqual(["s1", "s10", "s9"]);
    expect(names("s", true)).toEqual(["s9", "s10", "s1"]);
    expect(names("u")).toEqual(["s9", "s1", "s10"]);
    expect(names("n")).toEqual(["s1", "s9", "s10"]);
    expect(names("r")).toEqual(["s9", "s10", "s1"]);
    expect(names("c")).toEqual(["s1", "s10", "s9"]);
    expect(names("p")).toEqual(["s1", "s10", "s9"]);
  });

  test("scrolls as far as there are sessions, and fits any window", () => {
    const many = Array.from({ length: 50 }, (_, i) => session(`n${i}`, "alice", NOW - i));
    const size = { cols: 40, rows: 10 };
    const page = renderPage({ ...now, sessions: many }, before, { ...options, scroll: 1e9, size });
    expect(page.lines.length).toBe(10);
    expect(page.lines.at(-1)).toContain("n49");
    expect(page.mostScroll).toBe(50 - (10 - page.heading - 1));
    for (let rows = 1; rows < 12; rows++) {
      for (const cols of [1, 2, 39, 200]) {
        const { lines } = renderPage({ ...now, sessions: many }, before, {
          ...options,
          size: { cols, rows },
        });
        expect(lines.length).toBeLessThanOrEqual(rows);
        for (const line of lines) expect(Bun.stringWidth(line)).toBeLessThanOrEqual(cols);
      }
    }
  });

  test("what a program chose moves nothing and paints nothing", () => {
    const evil = session("x", "bob", NOW, {
      command: "vi\x1b[2J\x9b31m",
      title: "\x1b]0;t\x07 日本\u202eevil\u2028 ende",
    });
    const { lines } = renderPage({ ...now, shards: [], sessions: [evil] }, undefined, options);
    expect(lines.join("")).not.toMatch(/[\x00-\x1f\x7f-\x9f\u2028\u202e]/);
    expect(lines.at(-1)).toContain("vi[2J31m");
    expect(lines.at(-1)).toContain("]0;t 日本evil ende");
  });

  test("without a shard's figures the sessions alone: a user who is not root", () => {
    const { lines, heading } = renderPage({ ...now, shards: [] }, undefined, { ...options, size: undefined });
    expect(heading).toBe(2);
    expect(lines.length).toBe(5);
  });
});

describe("tables", () => {
  test("columns are as wide as their widest cell, wide characters and all", () => {
    expect(
      tableLines(
        [{ heading: "A" }, { heading: "N", right: true }, { heading: "Z" }],
        [
          ["日本", "1", "x"],
          ["e\u0301", "100", ""],
        ],
      ),
    ).toEqual(["A       N  Z", "日本    1  x", "e\u0301     100"]);
  });

  test("spans of time as people say them", () => {
    const texts = [-5, 999, 59_999, 60_000, 3_599_999, 3_600_000, 86_399_999, 86_400_000, 1e10].map(age);
    expect(texts).toEqual(["0 s", "0 s", "59 s", "1 min", "59 min", "1 h", "23 h", "1 d", "115 d"]);
  });

  test("a cut does not go through a character", () => {
    expect(cut("a日本", 4)).toBe("a日");
    expect(cut("e\u0301x", 1)).toBe("e\u0301");
    expect(cut("abc", 3)).toBe("abc");
    expect(printable("a\u200db\ud800c", 2)).toBe("ab");
  });

  test("the bounds of histograms are those that are shown", () => {
    expect(HISTOGRAMS.keyToFrame.bounds[2]).toBe(1);
  });
});

describe("the program", () => {
  const host = new OwnHost();
  afterAll(() => host.remove(), 60_000);

  test("prints a table where there is no terminal, and says when there is no host", async () => {
    const none = await host.run(["top"]);
    expect([none.status, none.err]).toEqual([1, "sterna-server: top: there is no host\n"]);
    const { session: name } = await host.connect(["new", "--name", "top-one"]);
    expect(name).toBe("top-one");
    for (const args of [["top"], ["top", "--once"]]) {
      const { status, out } = await host.run(args);
      expect(status).toBe(0);
      expect(out).toMatch(
        /^sterna .* 1 session, 0 in use, 1 user(?:, 1 shard)?\n[\s\S]*\nUSER .*SEEN↓.*\n\S+ +top-one /,
      );
      expect(out).not.toContain("\x1b");
    }
    for (const args of [["x"], ["--interval", "x"], ["--interval=0"], ["--interval"], ["--user", "x"]]) {
      const { status, err } = await host.run(["top", ...args]);
      expect([args, status]).toEqual([args, 1]);
      expect(err).toStartWith("sterna-server: top: ");
    }
  }, 60_000);

  test.each<[string, (pty: Pty) => void]>([
    ["q", (pty) => pty.write(Buffer.from("q"))],
    ["Ctrl-C", (pty) => pty.write(Buffer.of(3))],
    ["SIGTERM", (pty) => process.kill(familyOf(pty.pid)[1]!, "SIGTERM")],
    ["the end of the host", () => void host.run(["kill", "top-one"])],
  ])(
    "lives on a terminal, and leaves it as it was after %s",
    async (how, leave) => {
      await host.run(["attach", "top-one", "--or-new"]);
      let output = "";
      const shows = (what: string | RegExp): Promise<unknown> =>
        until(
          String(what),
          () => (typeof what === "string" ? output.includes(what) : what.test(output)),
          undefined,
          () => JSON.stringify(output.slice(-1000)),
        );
      const look = [...serverProgram("sterna"), "top", "--interval=0.1"].map((word) => `'${word}'`).join(" ");
      const pty = new Pty(
        {
          command: [
            "sh",
            "-c",
            `read go; echo before=$(stty -g); ${look}; echo status=$?; echo after=$(stty -g)`,
          ],
          argv0: undefined,
          environment: { ...host.env, TERM: "xterm-256color" },
          directory: "/",
          cols: 100,
          rows: 20,
        },
        {
          data: (bytes) => {
            output += Buffer.from(bytes).toString();
          },
          exit: () => {},
        },
      );
      // Not before the terminal has the settings of a session's.
      pty.write(Buffer.from("\r"));
      await shows("top-one");
      pty.write(Buffer.from("n"));
      await shows("NAME↓");
      pty.write(Buffer.from("n"));
      await shows("NAME↑");
      output = output.slice(0, 200);
      pty.resize(30, 8);
      // The last line of the smaller window is where the keys stand now.
      await shows("\x1b[8;1H\x1b[2mq leave   order: s last seen  \x1b[m");
      leave(pty);
      await shows(/after=\S+/);
      const [, before, status, after] = /before=(\S+)[\s\S]*status=(\d+)\r\nafter=(\S+)/.exec(output) ?? [];
      expect(after).toBe(before);
      expect(Number(status)).toBe(how === "the end of the host" ? 1 : 0);
      expect(output.indexOf("\x1b[?1049h")).toBeGreaterThan(0);
      expect(output).toMatch(/\x1b\[\?25h\x1b\[\?1049l/);
      pty.close();
    },
    60_000,
  );
});
