/** The client's loop in virtual time: messages and when they show, both ways to the end, silence, sleep, slow terminals. */
import { afterEach, describe, expect, test } from "bun:test";
import { loadCore } from "../../../wasm-core/load.ts";
import { Random } from "../../simulation/random.ts";
import { VirtualSession } from "./virtual-session.ts";

const core = await loadCore();
const open: VirtualSession[] = [];
const before = core.memory().bytesInUse;

afterEach(() => {
  for (const session of open.splice(0)) session.close();
  // Every picture, state and key of the session is given back.
  expect(core.memory().bytesInUse).toBe(before);
});

type Options = ConstructorParameters<typeof VirtualSession>[1];

function begin(options: Options = {}): VirtualSession {
  const session = new VirtualSession(core, options);
  open.push(session);
  return session.start();
}

/** A session that has an answer and a settled round-trip time. */
function connected(options: Options = {}): VirtualSession {
  const session = begin(options);
  session.server!.print("$ ");
  session.runUntil(() => session.rows[0] === "$");
  session.run(5000);
  return session;
}

const QUIT = "[To quit: Ctrl-^ .]";
const NOTHING = "Nothing received from server on UDP port 60001.";

describe("no server", () => {
  test("datagrams, notices and the end come when they should", () => {
    const session = begin({ server: false });
    const notices: [at: number, row: string][] = [];
    let last = "";
    while (!session.ending) {
      session.run(10);
      if (session.rows[0] === last) continue;
      last = session.rows[0]!;
      notices.push([session.elapsed, last]);
    }
    // Once every 3 s; after 15 s the shutdown, 16 times at 250 ms.
    const shutdown = Array.from({ length: 16 }, (_, index) => 15_250 + index * 250);
    expect(session.sent).toEqual([0, 3000, 6000, 9000, 12_000, 15_000, ...shutdown]);
    expect(session.endedAt).toBeGreaterThan(18_700);
    expect(session.endedAt).toBeLessThan(19_600);
    expect(session.ending).toEqual({ clean: false, connected: false });

    const at = (text: string) => notices.find(([, row]) => row === text)?.[0] ?? Number.NaN;
    expect(at(`mosh: ${NOTHING} ${QUIT}`)).toBeLessThanOrEqual(510);
    expect(notices.some(([, row]) => row.startsWith(`mosh: ${NOTHING} (12 s without contact.) [T`))).toBe(
      true,
    );
    const timedOut = notices.find(([, row]) =>
      row.includes("Timed out waiting for server... (15 s without contact.)"),
    );
    expect(timedOut![0]).toBeGreaterThan(15_000);
    expect(timedOut![0]).toBeLessThanOrEqual(15_260);
    // The last frame is the remote screen alone.
    expect(session.rows[0]).toBe("");
  });

  test("the port is asked to change with every datagram, success never", () => {
    const session = begin({ server: false });
    session.run(14_000);
    expect(session.hopQuestions.length).toBe(5);
    for (const question of session.hopQuestions) expect(question.lastSuccess).toBe(Number.NEGATIVE_INFINITY);
  });

  test("the person may quit meanwhile", () => {
    const session = begin({ server: false });
    session.run(1000);
    session.type("\x1e");
    expect(session.rows[0]).toBe(
      'mosh: Commands: Ctrl-Z suspends, "." quits, "^" gives literal Ctrl-^, "i" info',
    );
    session.run(1000);
    expect(session.rows[0]).toBe(
      'mosh: Commands: Ctrl-Z suspends, "." quits, "^" gives literal Ctrl-^, "i" info',
    );
    session.type(".");
    expect(session.rows[0]).toBe(`mosh: Exiting on user request... ${QUIT}`);
    session.run(5000);
    expect(session.ending).toEqual({ clean: false, connected: false });
  });

  test("a send error shows, and stays for 3.1 s", () => {
    const session = begin({ server: false });
    session.sendFailure = { kind: "other", text: "sendto: Network is unreachable" };
    session.run(3000);
    expect(session.rows[0]).toBe(`mosh: sendto: Network is unreachable ${QUIT}`);
    session.sendFailure = undefined;
    session.run(3050);
    // The next datagram left: a second more at most.
    expect(session.rows[0]).toContain("sendto: Network is unreachable");
    session.run(1250);
    expect(session.rows[0]).toContain(NOTHING);
  });
});

describe("a session", () => {
  test("the size goes first, the screen comes back, the notice goes", () => {
    const session = new VirtualSession(core);
    open.push(session);
    session.delay = 400;
    session.start();
    session.server!.print("hello");
    session.run(600);
    expect(session.rows[0]).toBe(`mosh: ${NOTHING} ${QUIT}`);
    session.runUntil(() => session.rows[0] === "hello", 3000);
    expect(session.server!.input[0]).toEqual({ kind: "resize", cols: 80, rows: 24 });
  });

  test("typed keys leave at once and arrive in order; what comes back is drawn in one write", () => {
    const session = connected();
    const sent = session.sent.length;
    session.type("l");
    expect(session.sent.length).toBe(sent + 1);
    session.run(5);
    session.type("s\r");
    session.run(100);
    expect(session.server!.typed).toBe("ls\r");
    const writes = session.written.length;
    session.server!.print("ls\r\nfile\r\n$ ");
    session.run(100);
    expect(session.rows.slice(0, 3)).toEqual(["$ ls", "file", "$"]);
    expect(session.written.length).toBe(writes + 1);
  });

  test("a burst of datagrams makes one frame", () => {
    const session = connected();
    const writes = session.written.length;
    // Random contents do not compress: an instruction of many fragments, arriving together.
    let state = 1;
    const letters = Array.from({ length: 80 * 23 }, () => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return String.fromCodePoint(0x4e00 + (state >>> 18));
    });
    session.server!.print(letters.slice(0, 40 * 22).join(""));
    session.run(100);
    expect(session.rows[1]).not.toBe("");
    expect(session.written.length).toBe(writes + 1);
  });

  test("Ctrl-L is sent and repaints everything once", () => {
    const session = connected();
    const writes = session.written.length;
    session.type("\f");
    session.run(50);
    expect(session.server!.typed).toBe("\f");
    expect(session.output(writes).split("\x1b[2J").length - 1).toBe(1);
  });

  test("a new size is sent, and the picture keeps the old one until the server answers", () => {
    const session = connected();
    session.delay = 100;
    session.loop.resized({ cols: 100, rows: 30 });
    expect(session.screen.drawn.cols).toBe(80);
    session.run(1000);
    expect(session.server!.input.at(-1)).toEqual({ kind: "resize", cols: 100, rows: 30 });
    expect([session.screen.drawn.cols, session.screen.drawn.rows]).toEqual([100, 30]);
  });

  test("the title prefix shows only once the program has set a title, and goes with the end", () => {
    const session = connected({ titlePrefix: true });
    expect(session.output()).not.toContain("\x1b]");
    session.server!.print("\x1b]0;work\x07");
    session.run(100);
    expect(session.output()).toContain("\x1b]0;[mosh] work\x07");
    const writes = session.written.length;
    session.loop.terminated();
    session.run(1000);
    expect(session.output(writes)).toContain("\x1b]0;work\x07");
  });

  test("garbage, forged and repeated datagrams change nothing and show nothing", () => {
    const session = connected();
    const writes = session.written.length;
    for (let length = 0; length < 200; length += 7) session.inject(new Uint8Array(length).fill(length));
    for (const datagram of session.received) session.inject(datagram.slice());
    session.run(50);
    expect(session.written.length).toBe(writes);
    session.type("x");
    session.run(50);
    expect(session.server!.typed).toBe("x");
  });

  test("a wrong datagram while connecting says so", () => {
    const session = begin({ server: false });
    session.run(100);
    session.inject(new Uint8Array(100));
    session.run(1);
    expect(session.rows[0]).toBe(`mosh: Crypto exception: Packet failed integrity check. ${QUIT}`);
  });
});

describe("silence", () => {
  test("the bar counts, and goes when the server is back", () => {
    const session = connected();
    session.blackout = true;
    session.run(3000);
    expect(session.rows[0]).toBe("$");
    session.run(7000);
    expect(session.rows[0]).toMatch(/^mosh: Last contact (9|1[0-3]) seconds ago\. \[To quit: Ctrl-\^ \.\]$/);
    session.run(60_000);
    expect(session.rows[0]).toMatch(/^mosh: Last contact 1:0[5-9] ago\. /);
    session.blackout = false;
    session.runUntil(() => session.rows[0] === "$", 10_000);
    session.type("y");
    session.run(100);
    expect(session.server!.typed).toBe("y");
  });

  test("the bar comes the moment silence is long enough, wherever in a heartbeat it began", () => {
    for (let offset = 0; offset < 3000; offset += 250) {
      const session = connected();
      session.run(offset);
      session.blackout = true;
      session.run(10);
      session.run(session.receivedLast + 6500 - session.elapsed);
      expect(session.rows[0]).toBe("$");
      session.run(2);
      expect(session.rows[0]).toBe(`mosh: Last contact 6 seconds ago. ${QUIT}`);
    }
  });

  test("keys typed into the silence arrive after it, once and in order", () => {
    const session = connected();
    session.blackout = true;
    for (const key of "roam") {
      session.type(key);
      session.run(4000);
    }
    session.blackout = false;
    session.run(5000);
    expect(session.server!.typed).toBe("roam");
  });

  test("after sleep the first pass sends, asks for a new port, and tells how long it was", () => {
    const session = connected();
    session.blackout = true;
    session.sleep(7_200_000);
    const sent = session.sent.length;
    session.run(10);
    expect(session.sent.length).toBeGreaterThan(sent);
    const question = session.hopQuestions.at(-1)!;
    expect(question.now - question.lastSuccess).toBeGreaterThan(10_000);
    expect(session.rows[0]).toMatch(/^mosh: Last contact 2:00:0\d ago\. /);
    session.blackout = false;
    session.runUntil(() => session.rows[0] === "$", 10_000);
  });

  test("an error from the network shows for 3.1 s, then the session goes on", () => {
    const session = connected();
    session.loop.networkError("recvmsg: Connection refused");
    session.run(50);
    expect(session.rows[0]).toBe(`mosh: recvmsg: Connection refused ${QUIT}`);
    session.run(3200);
    expect(session.rows[0]).toBe("$");
  });
});

describe("the end", () => {
  const ends: [what: string, begin: (session: VirtualSession) => void, notice: string][] = [
    ["Ctrl-^ .", (session) => session.type("\x1e."), "Exiting on user request..."],
    ["a signal", (session) => session.loop.terminated(), "Signal received, shutting down..."],
    ["the end of input", (session) => session.loop.inputEnded(), "Exiting..."],
  ];
  for (const [what, leave, notice] of ends) {
    test(`${what}: says so, is acknowledged, clean`, () => {
      const session = connected();
      session.delay = 30;
      leave(session);
      expect(session.rows[0]).toBe(`mosh: ${notice} ${QUIT}`);
      session.run(1000);
      expect(session.ending).toEqual({ clean: true, connected: true });
      expect(session.rows[0]).toBe("$");
    });

    test(`${what}, but nobody answers: given up, not clean`, () => {
      const session = connected();
      session.blackout = true;
      leave(session);
      session.run(11_000);
      expect(session.ending).toEqual({ clean: false, connected: true });
    });
  }

  test("the server ends it: the last screen is shown, clean", () => {
    const session = connected();
    session.server!.print("\r\nlogout\r\n");
    session.server!.transport.startShutdown(session.now);
    session.run(1000);
    expect(session.ending).toEqual({ clean: true, connected: true });
    expect(session.rows.slice(0, 2)).toEqual(["$", "logout"]);
    expect(session.server!.transport.shutdownAcknowledged).toBe(true);
  });

  test("keys and sizes after the beginning of the end are not sent", () => {
    const session = connected();
    session.delay = 50;
    session.type("a\x1e.b");
    session.type("c");
    session.loop.resized({ cols: 90, rows: 20 });
    session.run(2000);
    expect(session.server!.typed).toBe("a");
    expect(session.server!.input.filter((event) => event.kind === "resize").length).toBe(1);
    expect(session.ending?.clean).toBe(true);
  });

  test("a window whose size cannot be read is gone: not clean, at once", () => {
    const session = connected();
    session.loop.resized(undefined);
    expect(session.ending).toEqual({ clean: false, connected: true });
  });

  test("after the end nothing is sent, drawn or heard", () => {
    const session = connected();
    session.type("\x1e.");
    session.run(1000);
    const [sent, writes] = [session.sent.length, session.written.length];
    session.type("late");
    session.loop.resized({ cols: 10, rows: 10 });
    session.loop.terminated();
    session.loop.inputEnded();
    session.loop.terminalReady();
    for (const datagram of session.received) session.inject(datagram);
    session.run(20_000);
    expect([session.sent.length, session.written.length]).toEqual([sent, writes]);
  });
});

describe("a slow or absent terminal", () => {
  test("frames are skipped while it does not read; then one shows the present", () => {
    const session = connected();
    const [writes, sent] = [session.written.length, session.sent.length];
    session.backlog = 1;
    for (let line = 0; line < 50; line++) {
      session.server!.print(`line ${line}\r\n`);
      session.run(200);
    }
    expect(session.written.length).toBe(writes);
    // The session lives on: states are acknowledged.
    expect(session.sent.length).toBeGreaterThan(sent + 20);
    session.backlog = 0;
    session.loop.terminalReady();
    session.run(1);
    expect(session.written.length).toBe(writes + 1);
    expect(session.rows).toContain("line 49");
  });

  test("while suspended nothing is drawn; resuming paints everything", () => {
    const session = connected();
    session.type("\x1e\x1a");
    expect(session.suspends).toBe(1);
    const writes = session.written.length;
    session.server!.print("meanwhile");
    session.run(1000);
    expect(session.written.length).toBe(writes);
    session.loop.resumed();
    expect(session.output(writes)).toContain("\x1b[2J");
    expect(session.rows[0]).toBe("$ meanwhile");
  });

  test("a pasted file is read no faster than it travels, and arrives whole", () => {
    const session = connected();
    session.delay = 50;
    const block = "x".repeat(16_384);
    let pasted = 0;
    session.type(block);
    while (!session.holds.at(-1) && pasted++ < 20) session.type(block);
    expect(pasted).toBeLessThan(6);
    session.run(5000);
    expect(session.holds).toEqual([true, false]);
    expect(session.server!.typed.length).toBe(16_384 * (pasted + 1));
  });

  test("behind a paste into silence the escape key still works", () => {
    const session = connected();
    session.blackout = true;
    for (let block = 0; block < 6; block++) session.type("x".repeat(16_384));
    expect(session.holds.at(-1)).toBe(true);
    session.run(12_000);
    expect(session.holds.at(-1)).toBe(false);
    session.type("\x1e.");
    session.run(11_000);
    expect(session.ending).toEqual({ clean: false, connected: true });
  });
});

describe("output that is catching up", () => {
  /** A screen of noise, which no compression makes fit one datagram. */
  const noise = (session: VirtualSession, seed: number): void => {
    const random = new Random(seed);
    for (let row = 1; row <= 24; row++) {
      const cells = Array.from(
        { length: 80 },
        () => `\x1b[38;5;${random.between(16, 255)}m${String.fromCharCode(random.between(33, 126))}`,
      );
      session.server!.print(`\x1b[${row};1H${cells.join("")}`);
    }
  };
  const CATCHING_UP = /^mosh: Catching up with the server \(\d+ k?B of the next frame\)\.$/;

  test("pieces of a frame arrive and its end does not: said after a second, until the frame is there", () => {
    const session = connected();
    session.loses = (piece) => piece > 0;
    noise(session, 1);
    const since = session.elapsed;
    session.runUntil(() => CATCHING_UP.test(session.rows[0]!));
    expect(session.elapsed - since).toBeGreaterThanOrEqual(1000);
    expect(session.elapsed - since).toBeLessThan(1400);
    session.loses = () => false;
    session.runUntil(() => !session.rows[0]!.startsWith("mosh:"));
    expect(session.rows).toEqual(session.server!.terminal.text());
  });

  test("a frame that is late for less than a second is not worth a word", () => {
    const session = connected();
    let lost = 0;
    session.loses = (piece) => piece === 1 && ++lost === 1;
    noise(session, 2);
    for (let i = 0; i < 3000; i++) {
      session.run(1);
      expect(session.rows[0]).not.toContain("Catching up");
    }
    expect(session.rows).toEqual(session.server!.terminal.text());
  });

  test("silence counts more, and a message counts more", () => {
    const session = connected();
    session.loses = (piece) => piece > 0;
    noise(session, 3);
    session.runUntil(() => CATCHING_UP.test(session.rows[0]!));
    session.blackout = true;
    session.run(10_000);
    expect(session.rows[0]).toStartWith("mosh: Last contact ");
  });
});
