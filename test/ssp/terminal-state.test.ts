/** The terminal state as a state object, over a screen that counts its copies. */
import { afterEach, describe, expect, test } from "bun:test";
import { decodeHostMessage, encodeHostMessage, type HostEvent } from "../../ssp/host-message.ts";
import { TerminalState } from "../../ssp/terminal-state.ts";
import { FakeScreen, hex, latin1, toHex } from "./fakes.ts";

type State = TerminalState<FakeScreen>;

const owned: State[] = [];
function own(state: State): State {
  owned.push(state);
  return state;
}
const initial = (cols = 80, rows = 24): State => own(TerminalState.initial(new FakeScreen(cols, rows)));
const of = (text: string, echoAck = 0, cols = 80, rows = 24): State =>
  own(TerminalState.of(new FakeScreen(cols, rows, text), echoAck));

afterEach(() => {
  for (const state of owned.splice(0)) state.release();
  expect(FakeScreen.alive).toBe(0);
});

function told(diff: Uint8Array): string[] {
  return decodeHostMessage(diff)!.map((event) => {
    if (event.kind === "echo-ack") return `ack ${event.num}`;
    if (event.kind === "resize") return `${event.cols}x${event.rows}`;
    return Buffer.from(event.bytes).toString("latin1");
  });
}

function message(...events: HostEvent[]): Uint8Array {
  return encodeHostMessage(events);
}

test("echo ack, size, bytes, in this order and each only if there is something to say", () => {
  expect(told(of("ab", 3, 90, 20).diff(of("a")))).toEqual(["ack 3", "90x20", "b"]);
  expect(told(of("ab").diff(of("a")))).toEqual(["b"]);
  expect(told(of("a", 1).diff(of("a")))).toEqual(["ack 1"]);
  expect(of("a").diff(of("a")).length).toBe(0);
});

describe("state 0", () => {
  test("is followed by the size, even if it is the same", () => {
    expect(told(of("").diff(initial()))).toEqual(["80x24"]);
    expect(told(of("x", 2).diff(initial()))).toEqual(["ack 2", "80x24", "x"]);
    expect(of("").equals(initial())).toBe(false);
  });

  test("equals itself and has nothing to say to itself", () => {
    const state = initial();
    const copy = own(state.clone());
    expect(copy.equals(state)).toBe(true);
    expect(copy.diff(state).length).toBe(0);
  });

  test("is no longer state 0 when something was applied or the echo ack set", () => {
    const state = initial();
    const other = own(state.clone());
    expect(other.apply(message({ kind: "resize", cols: 80, rows: 24 }))).toBe(true);
    expect(told(own(state.withEchoAck(0)).diff(state))).toEqual(["80x24"]);
    expect(other.diff(other).length).toBe(0);
  });
});

test("equal means echo ack and screen", () => {
  expect(of("a", 1).equals(of("a", 1))).toBe(true);
  expect(of("a", 1).equals(of("a", 2))).toBe(false);
  expect(of("a").equals(of("b"))).toBe(false);
  expect(of("a").equals(of("a", 0, 81))).toBe(false);
});

test("what is applied is what was different", () => {
  const [from, to] = [of("a", 1), of("abc", 5, 100, 30)];
  const replica = own(from.clone());
  expect(replica.apply(to.diff(from))).toBe(true);
  expect(replica.equals(to)).toBe(true);
  expect(replica.follows(from)).toBe(true);
  expect(from.follows(replica)).toBe(false);
});

test("clones share one screen until one of them changes", () => {
  const state = of("a");
  const before = FakeScreen.alive;
  const copies = Array.from({ length: 100 }, () => own(state.clone()));
  const acked = own(copies[7]!.clone());
  expect(acked.apply(message({ kind: "echo-ack", num: 8 }))).toBe(true);
  own(state.withEchoAck(9));
  expect(FakeScreen.alive).toBe(before);
  expect(copies[0]!.apply(message({ kind: "bytes", bytes: latin1("b") }))).toBe(true);
  expect(FakeScreen.alive).toBe(before + 1);
  expect(copies[0]!.terminal.text).toBe("ab");
  expect(state.terminal.text).toBe("a");
});

test("a state that is alone changes its screen without a copy", () => {
  const state = of("a");
  const screen = state.terminal;
  expect(state.apply(message({ kind: "bytes", bytes: latin1("b") }))).toBe(true);
  expect(state.terminal).toBe(screen);
});

describe("refused", () => {
  test("an echo ack that falls", () => {
    expect(of("", 5).apply(message({ kind: "echo-ack", num: 4 }))).toBe(false);
    expect(of("", 5).apply(message({ kind: "echo-ack", num: 5 }))).toBe(true);
  });

  for (const [cols, rows] of [
    [0, 24],
    [80, 0],
    [65_536, 1],
  ] as const) {
    test(`a size of ${cols}x${rows}`, () => {
      expect(of("").apply(message({ kind: "resize", cols, rows }))).toBe(false);
    });
  }

  test("what is no host message", () => {
    expect(of("").apply(hex("0a05"))).toBe(false);
  });
});

test("releasing twice is an error, not a corruption", () => {
  const state = TerminalState.initial(new FakeScreen());
  const copy = state.clone();
  state.release();
  expect(() => state.release()).toThrow("released twice");
  expect(toHex(copy.diff(copy))).toBe("");
  copy.release();
});
