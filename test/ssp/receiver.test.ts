/** The receiver: which instructions lead to states, and which are dropped for what. */
import { describe, expect, test } from "bun:test";
import { encodeHostMessage } from "../../ssp/host-message.ts";
import type { Instruction } from "../../ssp/instruction.ts";
import { MAX_STATE } from "../../ssp/params.ts";
import { Receiver } from "../../ssp/receiver.ts";
import { TerminalState } from "../../ssp/terminal-state.ts";
import { UserStream } from "../../ssp/user-stream.ts";
import { FakeScreen, hex, latin1 } from "./fakes.ts";

function step(oldNum: number, newNum: number, keys = "", throwawayNum = 0): Instruction {
  const stream = new UserStream();
  stream.pushBytes(latin1(keys));
  const diff = stream.diff(new UserStream());
  return { protocolVersion: 2, oldNum, newNum, ackNum: 0, throwawayNum, diff, chaff: new Uint8Array(0) };
}

function typed(stream: UserStream): string {
  return stream
    .events()
    .map((event) => (event.kind === "keys" ? Buffer.from(event.bytes).toString("latin1") : "<size>"))
    .join("");
}

const users = (): Receiver<UserStream> => new Receiver(new UserStream());

test("states follow one another and the newest is delivered once", () => {
  const receiver = users();
  expect(receiver.process(step(0, 1, "a"), 0)).toBe("new");
  expect(receiver.process(step(1, 2, "b"), 0)).toBe("new");
  expect(typed(receiver.take())).toBe("ab");
  expect(typed(receiver.take())).toBe("");
  expect(receiver.process(step(1, 3, "bc"), 0)).toBe("new"); // b again: the sender did not know
  expect(typed(receiver.take())).toBe("c");
  expect(receiver.latestNumber).toBe(3);
});

test("a late state is kept as a reference, and never delivered for itself", () => {
  const receiver = users();
  receiver.process(step(0, 1, "a"), 0);
  receiver.process(step(1, 3, "bc"), 0);
  expect(typed(receiver.take())).toBe("abc");
  expect(receiver.process(step(1, 2, "b"), 0)).toBe("late");
  expect(receiver.latestNumber).toBe(3);
  expect(typed(receiver.take())).toBe("");
  expect(receiver.process(step(2, 4, "cd"), 0)).toBe("new");
  expect(typed(receiver.take())).toBe("d");
});

test("delivered input is held in no state", () => {
  const receiver = users();
  receiver.process(step(0, 1, "a".repeat(1000)), 0);
  receiver.process(step(1, 2, "b".repeat(1000)), 0);
  receiver.take();
  expect(receiver.latest.length).toBe(0);
  receiver.process(step(0, 3, `${"a".repeat(1000)}${"b".repeat(1000)}c`), 0);
  expect(receiver.latest.length).toBe(1);
});

describe("dropped", () => {
  const cases: [string, Instruction, string][] = [
    ["a state that is there", step(1, 2), "duplicate"],
    ["a state that is there, though the reference is unknown", step(99, 2), "duplicate"],
    ["a reference that is not there", step(7, 8), "unknown-reference"],
    ["a new number below the old", step(2, 1), "numbering"],
    ["a new number equal to an unknown old", step(9, 9), "unknown-reference"],
    ["a throwaway number above the old", step(2, 5, "", 3), "numbering"],
    ["a throwaway number of MAX", step(2, 5, "", MAX_STATE), "numbering"],
    ["a diff that is no message", { ...step(2, 5), diff: hex("0a05") }, "diff"],
    ["a late state that is longer than the newest", step(2, 3, "xyz"), "diff"],
  ];
  for (const [what, instruction, reason] of cases) {
    test(what, () => {
      const receiver = users();
      receiver.process(step(0, 2, "ab"), 0);
      receiver.process(step(2, 4, "c"), 0);
      const before = receiver.receivedStates;
      expect(receiver.process(instruction, 0)).toBe(reason as never);
      expect(receiver.receivedStates).toBe(before);
      expect(receiver.latestNumber).toBe(4);
      expect(typed(receiver.latest)).toBe("abc");
    });
  }

  test("a state shorter than an older one", () => {
    const receiver = users();
    receiver.process(step(0, 1, "abc"), 0);
    expect(receiver.process(step(0, 2, "a"), 0)).toBe("diff");
    expect(receiver.process(step(0, 3, "abcd"), 0)).toBe("new");
  });
});

test("MAX may come early; what is below it is then late", () => {
  const receiver = users();
  expect(receiver.process(step(0, MAX_STATE, "a"), 0)).toBe("new");
  expect(receiver.latestNumber).toBe(MAX_STATE);
  expect(receiver.process(step(0, MAX_STATE, "b"), 0)).toBe("duplicate");
  expect(receiver.process(step(MAX_STATE, 1, "b"), 0)).toBe("numbering");
  expect(receiver.process(step(0, 1, "a"), 0)).toBe("late");
});

test("a throwaway number forgets what is below it, but not the reference", () => {
  const receiver = users();
  for (let n = 0; n < 10; n++) receiver.process(step(n, n + 1, "k"), 0);
  expect(receiver.receivedStates).toBe(11);
  expect(receiver.process(step(10, 11, "k", 10), 0)).toBe("new");
  expect(receiver.receivedStates).toBe(2);
  expect(receiver.process(step(9, 12, "k"), 0)).toBe("unknown-reference");
});

test("a burst beyond 1024 states: 1025 is the last, then one each 15 s", () => {
  const receiver = users();
  let last = 0;
  for (let n = 1; n <= 1039; n++) if (receiver.process(step(0, n), 1000) === "new") last = n;
  expect(last).toBe(1025);
  expect(receiver.process(step(0, 2000), 15_999)).toBe("quench");
  expect(receiver.process(step(0, 2000), 16_000)).toBe("new");
  expect(receiver.process(step(0, 2001), 16_001)).toBe("quench");
  expect(receiver.process(step(1025, 2001, "", 1025), 16_002)).toBe("new");
  expect(receiver.receivedStates).toBe(3);
});

test("while there is no room, states that bring something wait with the peer; signs of life and the end do not", () => {
  let room = false;
  const receiver = new Receiver(new UserStream(), () => room);
  expect(receiver.process(step(0, 1, "a"), 0)).toBe("no-room");
  expect(receiver.process({ ...step(0, 2), diff: new Uint8Array(0) }, 0)).toBe("new");
  room = true;
  expect(receiver.process(step(0, 3, "ab"), 0)).toBe("new");
  expect(typed(receiver.take())).toBe("ab");
  room = false;
  expect(receiver.process(step(3, 4, "c"), 0)).toBe("no-room");
  expect(receiver.process(step(3, MAX_STATE, "c"), 0)).toBe("new");
  expect(typed(receiver.take())).toBe("c");
});

describe("terminal states", () => {
  const say = (text: string): Uint8Array => encodeHostMessage([{ kind: "bytes", bytes: latin1(text) }]);
  const ack = (num: number): Uint8Array => encodeHostMessage([{ kind: "echo-ack", num }]);

  test("all screens are freed, whatever came", () => {
    const receiver = new Receiver(TerminalState.initial(new FakeScreen()));
    const send = (oldNum: number, newNum: number, diff: Uint8Array, throwawayNum = 0): string =>
      receiver.process({ ...step(oldNum, newNum, "", throwawayNum), diff }, 0);
    expect(send(0, 1, say("a"))).toBe("new");
    expect(send(0, 3, ack(5))).toBe("new");
    expect(send(0, 2, ack(6))).toBe("diff"); // above that of a later state
    expect(send(0, 2, ack(4))).toBe("late");
    expect(send(3, 4, ack(4))).toBe("diff"); // falls
    expect(send(2, 4, Buffer.concat([say("x"), hex("0a05")]))).toBe("diff");
    expect(send(0, 4, say("b"))).toBe("diff"); // its echo ack would be 0 again
    expect(send(3, 4, say("c"), 3)).toBe("new");
    expect(receiver.latest.terminal.text).toBe("c");
    expect(receiver.receivedStates).toBe(2);
    receiver.take().release();
    receiver.release();
    expect(FakeScreen.alive).toBe(0);
  });

  test("a thousand acknowledgements share one screen", () => {
    const receiver = new Receiver(TerminalState.initial(new FakeScreen()));
    for (let n = 0; n < 1000; n++) receiver.process({ ...step(n, n + 1), diff: ack(n) }, 0);
    expect(receiver.receivedStates).toBe(1001);
    expect(FakeScreen.alive).toBe(1);
    receiver.release();
    expect(FakeScreen.alive).toBe(0);
  });
});
