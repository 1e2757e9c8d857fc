/**
 * The frames we send: apply(diff(a, b), a) shows b, from every earlier state, and keeps the contract with stock clients
 * (display.md 4). `SEED=n` runs one seed of the property test, `SEEDS=n` more of them.
 */
import { afterAll, describe, expect, test } from "bun:test";
import type { Terminal } from "../../wasm-core/core.ts";
import { loadCore } from "../../wasm-core/load.ts";
import { lintHostString } from "./host-string-lint.ts";
import { hiddenState, picture, pictureOf } from "./picture.ts";
import { randomOutput } from "./program-output.ts";
import { Random } from "./random.ts";

const core = await loadCore();
const before = core.memory().bytesInUse;
const encode = (text: string) => new TextEncoder().encode(text);
const show = (frame: Uint8Array) => JSON.stringify(new TextDecoder().decode(frame));

afterAll(() => {
  expect(core.memory().bytesInUse).toBe(before);
});

interface State {
  host: Terminal;
  picture: string;
  replica: Terminal;
}

/** Sends `to` to a copy of the replica that shows `from`; returns the copy. Throws with everything if it is wrong. */
function send(from: State, to: { host: Terminal; picture: string }, label: string): Terminal {
  const frame = to.host.diff(from.host);
  const replica = from.replica.clone();
  const fail = (what: string, detail: string): never => {
    throw new Error(
      `${what} (${label})\nframe: ${show(frame)}\nfrom:\n${from.picture}\nto:\n${to.picture}\n${detail}`,
    );
  };
  replica.resize(to.host.cols, to.host.rows);
  const bell = replica.bellCount;
  replica.feed(frame);
  const state = replica.inspect();
  const wrong = [...lintHostString(frame), ...hiddenState(replica, state)];
  if (wrong.length > 0) fail(wrong.join("; "), "");
  if (replica.bellCount > bell !== (to.host.bellCount !== from.host.bellCount)) fail("bell", "");
  const shown = pictureOf(state);
  // A clipboard request is not passed on.
  const clipboards = /\nclipboard .*$/s;
  const [got, wanted] = to.host.clipboard.includes("?")
    ? [shown.replace(clipboards, ""), to.picture.replace(clipboards, "")]
    : [shown, to.picture];
  if (got !== wanted) fail("the replica shows something else", `replica:\n${shown}`);
  return replica;
}

function run(seed: number): void {
  const random = new Random(seed);
  let cols = random.oneIn(20) ? random.between(1, 3) : random.between(4, 30);
  let rows = random.oneIn(20) ? random.between(1, 3) : random.between(3, 12);
  const live = core.createTerminal(cols, rows, "host");
  const snapshot = live.snapshot();
  const states: State[] = [
    { host: snapshot, picture: picture(snapshot), replica: core.createTerminal(cols, rows, "replica") },
  ];
  let script = `${cols}x${rows}`;
  for (let step = 0; step < 25; step++) {
    if (random.oneIn(25)) {
      cols = random.between(1, 30);
      rows = random.between(1, 12);
      live.resize(cols, rows);
      script += `\nresize ${cols}x${rows}`;
    }
    const output = randomOutput(random, cols, rows);
    script += `\n${JSON.stringify(output)}`;
    live.feed(encode(output));
    live.takeReplies();
    const host = live.snapshot();
    const to = { host, picture: picture(host) };
    const label = `seed ${seed} step ${step}\n${script}\n`;
    const replica = send(states[states.length - 1]!, to, label);
    for (const from of states.slice(0, -1)) if (random.oneIn(3)) send(from, to, label).free();
    states.push({ ...to, replica });
    if (states.length > 6) {
      // State 0 stays: a server may start from it for long.
      const [dropped] = states.splice(1, 1);
      dropped!.host.free();
      dropped!.replica.free();
    }
  }
  for (const { host, replica } of states) {
    host.free();
    replica.free();
  }
  live.free();
}

describe("apply(diff(a, b), a) shows b", () => {
  const one = process.env.SEED;
  const count = Number(process.env.SEEDS ?? 300);
  test(`random program output, ${one ? `seed ${one}` : `${count} seeds`}`, () => {
    if (one) run(Number(one));
    else for (let seed = 1; seed <= count; seed++) run(seed);
  }, 600_000);
});
