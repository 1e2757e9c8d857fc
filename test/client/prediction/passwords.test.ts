/**
 * What is typed where nothing is echoed is never shown: sudo, su, ssh, read -s with and without a prompt of its own, a
 * script that imitates the shell's prompt; typed at ease, ahead of the question, or from the history. The engine is as
 * sure of the shell's prompt as it can be when that happens.
 */
import { afterAll, describe, expect, test } from "bun:test";
import type { PredictionMode } from "../../../client/prediction/engine.ts";
import { loadCore } from "../../../wasm-core/load.ts";
import { Random } from "../../simulation/random.ts";
import { FakeShell, Typist, type TypistOptions } from "./typist.ts";

const core = await loadCore();
const before = core.memory().bytesInUse;
afterAll(() => expect(core.memory().bytesInUse).toBe(before));

/** More in a night run. */
const SESSIONS = Number(process.env.STERNA_PREDICTION_SESSIONS ?? 25);
/** Characters of secrets occur nowhere else. */
const SECRET = "QXZJVW";

class Watched {
  readonly shell: FakeShell;
  readonly typist: Typist;
  /** Secret characters that were seen without the server having shown them, with the screen. */
  readonly leaks: string[] = [];
  /** Drawings in which the row of the cursor held more than the server's. */
  ahead = 0;

  constructor(options: Partial<TypistOptions> & { prompt?: string; afterSecret?: string } = {}) {
    this.shell = new FakeShell(options.prompt, options.afterSecret);
    this.typist = new Typist({
      core,
      program: this.shell.key,
      greeting: this.shell.prompt,
      delay: 100,
      ...options,
    });
    this.typist.onDrawn = () => this.#look();
  }

  #look(): void {
    const { drawn, remote } = this.typist;
    const seen = drawn.text().join("\n");
    const real = remote.text().join("\n");
    if (seen !== real) this.ahead++;
    for (const character of SECRET) {
      if (seen.split(character).length > real.split(character).length) this.leaks.push(seen);
    }
  }

  /** Makes the engine sure of the prompt, of returns from `true`, from nothing, and from the commands given. */
  learn(...commands: string[]): this {
    for (const command of ["true", "true", "true", "true", "", "true", "", "", "", "true", ...commands]) {
      this.typist.keys(`${command}\r`, 30);
      this.typist.rest();
    }
    return this;
  }
}

function watched<T>(options: ConstructorParameters<typeof Watched>[0], use: (watched: Watched) => T): T {
  const one = new Watched(options);
  try {
    return use(one);
  } finally {
    one.typist.free();
  }
}

/** Is the first key behind the prompt shown at once? */
function isSure({ typist }: Watched): boolean {
  typist.type("p");
  const sure = typist.drawn.text().join("\n") !== typist.remote.text().join("\n");
  typist.rest();
  typist.type("\x7f");
  typist.rest();
  return sure;
}

const QUESTIONS = ["sudo ls", "su", "ssh there", "read -s x", 'read -s -p "$ " x', "./ask"];

for (const ahead of [false, true]) {
  describe(`a password typed ${ahead ? "ahead of" : "after"} the question is never shown`, () => {
    for (const question of QUESTIONS) {
      test(question, () => {
        watched({}, (one) => {
          one.learn();
          expect(isSure(one)).toBe(true);
          one.typist.keys(`${question}\r`, 30);
          if (!ahead) one.typist.rest();
          one.typist.keys(`${SECRET}\r`, 60);
          one.typist.rest();
          expect(one.leaks).toEqual([]);
          // The test can fail: what is typed at the prompt was shown ahead of the server.
          expect(one.ahead).toBeGreaterThan(10);
        });
      });
    }
  });
}

describe("no password is shown", () => {
  test("behind a command from the history, entered and followed by the password within a round trip", () => {
    watched({ delay: 250 }, (one) => {
      one.learn("sudo ls", `${SECRET}`);
      one.typist.keys(`true\r`, 30);
      one.typist.rest();
      one.typist.keys("sudo ls\r", 30);
      one.typist.rest();
      one.typist.keys(`${SECRET}\r`, 30);
      one.typist.rest();
      one.leaks.length = 0;
      one.typist.type("↑");
      one.typist.type("\r");
      one.typist.keys(`${SECRET}\r`, 20);
      one.typist.rest();
      expect(one.leaks).toEqual([]);
    });
  });

  test("when the host is too late to echo a command before it is acknowledged", () => {
    let lag = 1;
    watched({ lag: () => lag }, (one) => {
      one.learn();
      lag = 120;
      one.typist.keys("sudo ls\r", 10);
      one.typist.wait(250);
      one.typist.keys(`${SECRET}\r`, 40);
      one.typist.rest();
      one.typist.rest();
      expect(one.leaks).toEqual([]);
    });
  });

  test("when a password begins like its question, typed ahead of it", () => {
    const results = [true, false].map((stock) => {
      const shell = new FakeShell();
      const typist = new Typist({ core, program: shell.key, greeting: "$ ", delay: 300, stock });
      typist.keys("true\r", 30);
      typist.rest();
      typist.keys("su\r", 30);
      let seen = false;
      typist.onDrawn = () => {
        if (/Z/.test(typist.drawn.text().join("\n"))) seen = true;
      };
      typist.type("P");
      typist.wait(310);
      typist.keys("ZZZZ", 50);
      typist.rest();
      typist.free();
      return seen;
    });
    // Stock takes the P of "Password: " for the echo of the one typed.
    expect(results).toEqual([true, false]);
  });

  test("a prompt that has once not echoed is not trusted again soon", () => {
    watched({}, (one) => {
      one.learn();
      expect(isSure(one)).toBe(true);
      // The script imitates the prompt; it was never seen to come back with an echo.
      for (let round = 0; round < 3; round++) {
        one.typist.keys("./ask\r", 30);
        one.typist.rest();
        one.typist.keys(`${SECRET}\r`, 60);
        one.typist.rest();
      }
      expect(one.leaks).toEqual([]);
    });
  });
});

describe("random sessions with passwords", () => {
  const COMMANDS = ["true", "", "cd x", "ls", "say hello", "↑", "lx\x7fs", "export a=1", "\x03"];

  function session(seed: number, mode: PredictionMode): Watched {
    const random = new Random(seed);
    const late = random.chance(0.3) ? 150 : 30;
    const one = new Watched({
      delay: random.pick([5, 50, 150, 300]),
      lag: () => (random.chance(0.1) ? random.between(0, late) : 1),
      mode,
      rows: random.pick([4, 8, 24]),
      prompt: random.pick(["$ ", "me@box:~$ ", "> ", "❯ "]),
      afterSecret: random.pick(["", "thanks\r\n"]),
    });
    if (random.chance(0.7)) one.learn();
    for (let n = 0; n < 25; n++) {
      const asks = random.chance(0.3);
      const line = asks ? random.pick(QUESTIONS) : random.pick(COMMANDS);
      const pause = random.pick([0, 10, 60, 200]);
      one.typist.keys(`${line}\r`, pause);
      if (line === "↑" && !one.shell.asking) one.typist.rest();
      if (one.shell.asking && !asks) {
        one.typist.keys(`${secret(random)}\r`, pause);
        one.typist.rest();
      }
      if (random.chance(0.5)) one.typist.rest();
      // What the shell itself would echo is no secret.
      if (asks) {
        if (one.shell.asking || random.chance(0.5)) {
          if (!one.shell.asking) one.typist.wait(random.between(0, 100));
          one.typist.keys(secret(random), pause);
        }
        one.typist.rest();
        if (one.shell.asking) one.typist.keys("\r", 0);
        one.typist.rest();
      }
    }
    one.typist.rest();
    one.typist.free();
    return one;
  }

  const secret = (random: Random): string =>
    Array.from({ length: random.between(1, 12) }, () => random.pick([...SECRET])).join("");

  test(`${SESSIONS} of them: nothing leaks, and much is shown ahead`, () => {
    let ahead = 0;
    for (let seed = 1; seed <= SESSIONS; seed++) {
      const one = session(seed, "always");
      if (one.leaks.length > 0) throw new Error(`seed ${seed}:\n${one.leaks[0]}`);
      ahead += one.ahead;
    }
    expect(ahead).toBeGreaterThan(SESSIONS * 10);
  }, 600_000);

  test("the check sees leaks: without epochs passwords are shown", () => {
    expect(session(1, "experimental").leaks.length).toBeGreaterThan(0);
  });
});
