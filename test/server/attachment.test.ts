/** An attachment in virtual time, against the client side of the protocol: when frames leave, roaming, echo ack, the end. */
import { afterEach, describe, expect, test } from "bun:test";
import { Attachment, type Peer } from "../../server/attachment.ts";
import { TerminalState } from "../../ssp/terminal-state.ts";
import { Transport } from "../../ssp/transport.ts";
import type { UserEvent } from "../../ssp/user-message.ts";
import { UserStream } from "../../ssp/user-stream.ts";
import { loadCore } from "../../wasm-core/load.ts";

const core = await loadCore();
const KEY = new Uint8Array(16).fill(7);
const HOME: Peer = { address: "10.0.0.1", port: 1000 };
const none = (length: number): Uint8Array => new Uint8Array(length);

/** Both ends with nothing between them, and a clock that only {@link run} moves. */
class World {
  static readonly all: World[] = [];
  now = 1000;
  readonly terminal = core.createTerminal(80, 24, "host");
  readonly input: UserEvent[] = [];
  readonly log: string[] = [];
  /** What the server sent: when, where to, and whether it changed the client's screen. */
  readonly sent: { readonly at: number; readonly to: Peer; readonly text: string }[] = [];
  readonly client = new Transport({
    core,
    key: KEY,
    side: "client",
    local: new UserStream(),
    remote: TerminalState.initial(core.createTerminal(80, 24, "replica")),
    now: this.now,
    random: none,
    minDelay: 0,
  });
  readonly attachment: Attachment;
  clientAt = HOME;
  /** The program has read what was typed. */
  hasRoom = true;
  /** Datagrams from the server arrive. */
  reachable = true;
  failure: { readonly kind: "emsgsize" | "other"; readonly text: string } | undefined;

  constructor() {
    World.all.push(this);
    const session = {
      terminal: this.terminal,
      started: false,
      blank: () => this.terminal.snapshot(),
      input: (events: readonly UserEvent[]) => {
        session.started = true;
        this.input.push(...events);
      },
      hasRoom: () => this.hasRoom,
    };
    this.attachment = new Attachment({
      core,
      key: KEY,
      session,
      family: "inet",
      now: this.now,
      send: (datagram, peer) => {
        if (this.failure) return this.failure;
        if (this.reachable) this.client.receive(datagram, this.now);
        this.sent.push({ at: this.now, to: peer, text: this.client.latest.terminal.text()[0]!.trimEnd() });
        return undefined;
      },
      log: (message) => this.log.push(message),
    });
  }

  /** Output of the child. */
  print(text: string): void {
    this.terminal.feed(new TextEncoder().encode(text));
    this.attachment.screenChanged(this.now, text.length);
    this.attachment.tick(this.now);
  }

  /** A key arrives. */
  type(text: string): void {
    this.client.current.pushBytes(new TextEncoder().encode(text));
    this.pass();
  }

  /** One pass of both ends. */
  pass(): void {
    this.client.tick(this.now, (datagram) => {
      this.attachment.receive(datagram, this.clientAt, this.now, false);
    });
    this.attachment.tick(this.now);
  }

  /** Lets `ms` milliseconds go by, in steps of a quarter. */
  run(ms: number): void {
    const end = this.now + ms;
    this.pass();
    while (this.now < end) {
      this.now += 0.25;
      this.pass();
    }
  }

  /** A session that has been idle long enough for round trips to be known. */
  static settled(): World {
    const world = new World();
    world.client.current.pushResize(80, 24);
    world.run(500);
    world.print("$ ");
    // Not on a heartbeat, which comes each 3 s.
    world.run(4500);
    world.sent.length = 0;
    return world;
  }

  release(): void {
    this.client.release();
    this.attachment.release();
    this.terminal.free();
  }
}

afterEach(() => {
  for (const world of World.all.splice(0)) world.release();
  expect(core.memory().bytesInUse).toBe(0);
});

describe("a program that does not read", () => {
  test("what is typed waits with the client, is sent again, and comes once and whole", () => {
    const world = World.settled();
    world.input.length = 0;
    world.type("a");
    world.hasRoom = false;
    for (const key of "bcd") {
      world.type(key);
      world.run(2000);
    }
    const typed = (): string =>
      world.input.map((event) => (event.kind === "keys" ? Buffer.from(event.bytes).toString() : "")).join("");
    expect(typed()).toBe("a");
    expect(world.client.current.length).toBeGreaterThan(0);
    expect(world.now - world.attachment.lastClientState).toBeLessThan(3500);
    world.hasRoom = true;
    world.run(2000);
    expect(typed()).toBe("abcd");
    expect(world.client.current.length).toBe(0);
  });

  test("the client may end the session all the same", () => {
    const world = World.settled();
    world.hasRoom = false;
    world.type("lost");
    world.run(100);
    world.client.startShutdown(world.now);
    world.run(500);
    expect(world.client.ended(world.now)).toBe("clean");
  });
});

describe("a frame leaves", () => {
  test("1 ms after output that stands alone", () => {
    const world = World.settled();
    const start = world.now;
    world.print("x");
    world.run(30);
    expect(world.sent[0]).toEqual({ at: start + 1, to: HOME, text: "$ x" });
    expect(world.sent.filter(({ text }) => text === "$ x").length).toBe(1);
  });

  test("whole, when its parts come close together", () => {
    const world = World.settled();
    const start = world.now;
    for (const part of ["one ", "two ", "three"]) {
      world.print(part);
      world.run(0.75);
    }
    world.run(30);
    expect(world.sent.map(({ text }) => text)).toEqual(["$ one two three"]);
    expect(world.sent[0]!.at - start).toBe(2.5);
  });

  test("after 8 ms at the latest, when output keeps coming", () => {
    const world = World.settled();
    const start = world.now;
    for (let i = 0; i < 24; i++) {
      world.print("x");
      world.run(0.5);
    }
    expect(world.sent.map(({ at }) => at - start)).toEqual([8]);
  });

  test("not more often than the round trip allows, and then with all there is", () => {
    const world = World.settled();
    world.print("a");
    world.run(3);
    world.print("b");
    world.run(30);
    const times = world.sent.map(({ at }) => at);
    expect(world.sent.map(({ text }) => text)).toEqual(["$ a", "$ ab"]);
    expect(times[1]! - times[0]!).toBe(20);
  });

  test("at once, when it is a key's echo; and what follows is not held up by it", () => {
    const world = World.settled();
    const start = world.now;
    world.type("l");
    expect(world.sent).toEqual([]);
    world.print("l");
    expect(world.sent).toEqual([{ at: start, to: HOME, text: "$ l" }]);
    world.run(5);
    world.print("s");
    world.run(30);
    expect(world.sent.slice(1).map(({ at, text }) => ({ at: at - start, text }))).toEqual([
      { at: 6, text: "$ ls" },
    ]);
  });

  test("not as an echo, when it is more than one", () => {
    const world = World.settled();
    const start = world.now;
    world.type("\r");
    world.print("x".repeat(300));
    world.run(10);
    expect(world.sent.map(({ at }) => at - start)).toEqual([1]);
  });

  test("not as an echo, when the key is long past", () => {
    const world = World.settled();
    world.type("x");
    world.run(1000);
    world.sent.length = 0;
    for (const part of ["one ", "two ", "three"]) {
      world.print(part);
      world.run(0.75);
    }
    world.run(100);
    expect(world.sent.map(({ text }) => text)).toEqual(["$ one two three"]);
  });

  test("a few at once for a person, and then as often as stock sends", () => {
    const world = World.settled();
    const start = world.now;
    world.type("r");
    for (let i = 0; i < 100; i++) {
      world.print("x");
      world.run(2);
    }
    const times = world.sent.map(({ at }) => at - start);
    expect(times.filter((at) => at < 20).length).toBeGreaterThan(2);
    // One for each 20 ms, and the burst once.
    expect(times.filter((at) => at < 200).length).toBeLessThanOrEqual(200 / 20 + 4);
    for (const at of times) {
      const window = times.filter((other) => other >= at && other < at + 60);
      expect(window.length).toBeLessThanOrEqual(3 + 4);
    }
  });

  test("at the pace, when output goes on and somebody types; a key's echo goes ahead of it", () => {
    const world = World.settled();
    const echoes: number[] = [];
    const start = world.now;
    for (let n = 0; n < 400; n++) {
      world.print(`\r${String(n).padEnd(78, "x")}`);
      world.run(4);
      // Keys come at any time after a frame.
      if (n < 100 || n % 47 !== 0) continue;
      world.type("k");
      world.run(1);
      const typed = world.now;
      world.print("\rk");
      expect(world.sent.at(-1)!.text[0]).toBe("k");
      echoes.push(world.sent.at(-1)!.at - typed);
    }
    expect(echoes).toEqual([0, 0, 0, 0, 0, 0]);
    // The burst once, when the output began.
    expect(world.sent.length).toBeLessThanOrEqual((world.now - start) / 20 + 1 + 4);
  });

  test("and sleep ends in time for it", () => {
    const world = World.settled();
    expect(world.attachment.waitTime(world.now)).toBeGreaterThan(100);
    world.print("x");
    expect(world.attachment.waitTime(world.now)).toBe(1);
  });
});

describe("the client", () => {
  test("is answered where it was last heard, and only a datagram newer than all others moves it", () => {
    const world = World.settled();
    const old: Uint8Array[] = [];
    world.client.current.pushBytes(Uint8Array.of(97));
    world.client.tick(world.now, (datagram) => old.push(datagram));
    world.clientAt = { address: "10.0.0.2", port: 2000 };
    world.client.current.pushBytes(Uint8Array.of(98));
    world.run(100);
    expect(world.attachment.peer).toEqual({ address: "10.0.0.2", port: 2000 });
    expect(world.log.at(-1)).toBe("Server now attached to client at 10.0.0.2:2000");
    for (const datagram of old) {
      expect(world.attachment.receive(datagram, { address: "6.6.6.6", port: 666 }, world.now, false).ok).toBe(
        true,
      );
    }
    expect(
      world.attachment.receive(new Uint8Array(60), { address: "6.6.6.6", port: 666 }, world.now, false).ok,
    ).toBe(false);
    expect(world.attachment.peer).toEqual({ address: "10.0.0.2", port: 2000 });
    const typed = world.input.map((event) =>
      event.kind === "keys" ? new TextDecoder().decode(event.bytes) : "",
    );
    expect(typed.join("")).toBe("ab");
  });

  test("hears 50 ms after its input that the input counts as echoed", () => {
    const world = World.settled();
    world.client.current.pushBytes(Uint8Array.of(97));
    const start = world.now;
    world.run(40);
    const typed = world.client.sentStateLast;
    expect(world.client.latest.echoAck).toBeLessThan(typed);
    while (world.client.latest.echoAck < typed) world.run(0.25);
    expect(world.now - start).toBeGreaterThanOrEqual(50);
    expect(world.now - start).toBeLessThan(80);
  });

  test("is given up after 40 s of silence, kept in mind, and taken up again", () => {
    const world = World.settled();
    world.reachable = false;
    const clientTick = world.client.tick.bind(world.client);
    world.client.tick = () => {};
    world.run(60_000);
    expect(world.attachment.attached).toBe(false);
    expect(world.log.filter((line) => line === "Server now detached from client.").length).toBe(1);
    const before = world.sent.length;
    world.print("while away");
    world.run(10_000);
    expect(world.sent.length).toBe(before);
    world.client.tick = clientTick;
    world.reachable = true;
    world.run(200);
    expect(world.attachment.attached).toBe(true);
    expect(world.client.latest.terminal.text()[0]!.trimEnd()).toBe("$ while away");
    expect(world.log.at(-1)).toBe("Server now attached to client at 10.0.0.1:1000");
  });

  test("gets smaller datagrams once the system refuses one as too long", () => {
    const world = World.settled();
    world.failure = { kind: "emsgsize", text: "sendto: Message too long" };
    // Characters that do not compress, from a linear congruential generator.
    let state = 1;
    const screen = Array.from({ length: 24 * 80 }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return String.fromCharCode(33 + ((state >>> 16) % 94));
    }).join("");
    world.print(screen);
    world.run(2);
    expect(world.log.at(-1)).toBe("sendto: Message too long");
    world.failure = undefined;
    const lengths: number[] = [];
    const receive = world.client.receive.bind(world.client);
    world.client.receive = (datagram, now) => {
      lengths.push(datagram.length);
      return receive(datagram, now);
    };
    world.run(3000);
    expect(world.client.latest.terminal.text()).toEqual(world.terminal.text());
    expect(Math.max(...lengths)).toBe(500);
  });
});

describe("the end", () => {
  test("carries the screen as it was, and output after it is not sent", () => {
    const world = World.settled();
    world.print("last words");
    world.attachment.startShutdown(world.now);
    world.print(" too late");
    world.run(100);
    expect(world.attachment.ended(world.now)).toBe("clean");
    expect(world.client.ended(world.now)).toBe("clean");
    expect(world.client.latest.terminal.text()[0]!.trimEnd()).toBe("$ last words");
  });

  test("input that arrives during it reaches nobody", () => {
    const world = World.settled();
    world.attachment.startShutdown(world.now);
    world.input.length = 0;
    world.client.current.pushBytes(Uint8Array.of(97));
    world.run(100);
    expect(world.input).toEqual([]);
  });

  test("is given up when nobody answers", () => {
    const world = World.settled();
    world.reachable = false;
    world.client.tick = () => {};
    world.attachment.startShutdown(world.now);
    world.run(20_000);
    expect(world.attachment.ended(world.now)).toBe("gave-up");
  });
});
