/** The user stream as a state object. */
import { describe, expect, test } from "bun:test";
import { UserStream } from "../../ssp/user-stream.ts";
import { hex, latin1, seededRandom, toHex } from "./fakes.ts";

function stream(...events: (string | readonly [number, number])[]): UserStream {
  const made = new UserStream();
  for (const event of events) {
    if (typeof event === "string") made.pushBytes(latin1(event));
    else made.pushResize(event[0], event[1]);
  }
  return made;
}

/** "ab<80x24>c" */
function text(made: UserStream): string {
  return made
    .events()
    .map((event) =>
      event.kind === "keys" ? Buffer.from(event.bytes).toString("latin1") : `<${event.cols}x${event.rows}>`,
    )
    .join("");
}

test("keys in a row share one Keystroke, each size is its own", () => {
  const made = stream("l", "s", [200, 50], [1, 1], "x");
  expect(made.events().length).toBe(4);
  expect(text(made)).toBe("ls<200x50><1x1>x");
  expect(made.length).toBe(5);
  expect(toHex(made.diff(new UserStream()))).toBe(
    "0a06120422026c730a071a0528c80130320a061a04280130010a0512032201" + "78",
  );
});

test("a first window size is 8 bytes", () => {
  expect(toHex(stream([80, 24]).diff(new UserStream()))).toBe("0a061a0428503018");
});

test("nothing new is nothing to send", () => {
  expect(stream().diff(new UserStream()).length).toBe(0);
  const made = stream("abc");
  expect(made.diff(made.clone()).length).toBe(0);
});

test("equal means the same events, however they were pushed", () => {
  expect(stream("ab").equals(stream("a", "b"))).toBe(true);
  expect(stream("ab").equals(stream("ac"))).toBe(false);
  expect(stream("ab").equals(stream("abc"))).toBe(false);
  expect(stream("a", [80, 24]).equals(stream("a", [80, 25]))).toBe(false);
  expect(stream("a", [80, 24]).equals(stream("ab"))).toBe(false);
});

test("a clone does not change with its original", () => {
  const made = stream("a");
  const copy = made.clone();
  made.pushBytes(latin1("b"));
  expect(text(copy)).toBe("a");
  expect(text(made)).toBe("ab");
});

test("bytes are copied when pushed", () => {
  const bytes = latin1("a");
  const made = new UserStream();
  made.pushBytes(bytes);
  bytes[0] = 0x78;
  expect(text(made)).toBe("a");
});

test("a prefix is forgotten, also within a run of keys, and what follows is the same difference", () => {
  const prefix = stream("ab", [80, 24], "c");
  const made = stream("ab", [80, 24], "cde", [90, 20]);
  const before = toHex(made.diff(prefix));
  made.subtract(prefix);
  expect(text(made)).toBe("de<90x20>");
  expect(toHex(made.diff(prefix))).toBe(before);
  made.subtract(made);
  expect(made.length).toBe(0);
  expect(made.events()).toEqual([]);
});

test("a diff applied to a stream that forgot its events goes on at the same place", () => {
  const sender = stream("abc");
  const receiver = new UserStream();
  expect(receiver.apply(sender.diff(new UserStream()))).toBe(true);
  receiver.subtract(receiver);
  const then = sender.clone();
  sender.pushBytes(latin1("def"));
  expect(receiver.apply(sender.diff(then))).toBe(true);
  expect(text(receiver)).toBe("def");
  expect(receiver.follows(then)).toBe(true);
  expect(then.follows(receiver)).toBe(false);
});

describe("sizes that no window has", () => {
  for (const [cols, rows] of [
    [0, 24],
    [80, 0],
    [-1, 24],
    [65_536, 24],
    [1.5, 24],
  ] as const) {
    test(`${cols}x${rows} is not pushed`, () => {
      expect(() => new UserStream().pushResize(cols, rows)).toThrow(RangeError);
    });
  }

  test("from the network they count as events but are not delivered", () => {
    const made = new UserStream();
    expect(made.apply(hex("0a061a0428003018"))).toBe(true);
    expect(made.apply(hex("0a051203220161"))).toBe(true);
    expect(made.length).toBe(2);
    expect(text(made)).toBe("a");
  });
});

test("a message that is no protobuf is refused", () => {
  expect(new UserStream().apply(hex("0a05"))).toBe(false);
});

test("random histories: two points of a stream differ by what happened between them, whatever was forgotten", () => {
  const random = seededRandom(6);
  const pick = (below: number): number => random(1)[0]! % below;
  for (let round = 0; round < 300; round++) {
    const made = new UserStream();
    const points = [{ state: made.clone(), all: "" }];
    let all = "";
    for (let step = 0; step < 12; step++) {
      if (pick(4) === 0) {
        const cols = 1 + pick(200);
        made.pushResize(cols, 24);
        all += `<${cols}x24>`;
      } else {
        const keys = toHex(random(1 + pick(5)));
        made.pushBytes(latin1(keys));
        all += keys;
      }
      points.push({ state: made.clone(), all });
    }
    const [first, second, third] = [pick(13), pick(13), pick(13)].sort((a, b) => a - b);
    const [forgotten, early, late] = [points[first!]!, points[second!]!, points[third!]!];
    late.state.subtract(forgotten.state);
    if (pick(2) === 0) early.state.subtract(forgotten.state);
    const replica = new UserStream();
    expect(replica.apply(late.state.diff(early.state))).toBe(true);
    expect(text(replica)).toBe(late.all.slice(early.all.length));
  }
});
