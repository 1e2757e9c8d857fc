/** The command line of mosh-client: the same words to ours and to stock, the same statuses and exact texts. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { peer } from "../../peers.ts";

const OURS = [process.execPath, join(import.meta.dir, "run-client.ts")];
const KEY = "AAAAAAAAAAAAAAAAAAAAAA";
const SYSTEM = { PATH: process.env.PATH ?? "", LANG: "C.UTF-8", HOME: "/nonexistent" };

interface Outcome {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

function run(program: readonly string[], args: readonly string[], env: Record<string, string>): Outcome {
  const child = Bun.spawnSync([...program, ...args], { env: { ...SYSTEM, ...env }, stdin: "ignore" });
  return { status: child.exitCode, out: child.stdout.toString(), err: child.stderr.toString() };
}

/** What comes before the version and the usage, which are free texts. */
const firstLine = (text: string) => text.split("\n")[0]!;

interface Words {
  readonly what: string;
  readonly args: readonly string[];
  readonly env?: Record<string, string>;
  readonly status: number;
  /** First line on standard error, where its text is fixed; undefined = free. */
  readonly says?: string;
  readonly out?: string;
}

const table: Words[] = [
  { what: "no words", args: [], status: 1 },
  { what: "one word", args: ["127.0.0.1"], status: 1 },
  { what: "three words", args: ["127.0.0.1", "60001", "x"], status: 1 },
  {
    what: "an unknown option",
    args: ["-z", "127.0.0.1", "60001"],
    status: 1,
    says: "mosh-client: invalid option -- 'z'",
  },
  { what: "an unknown long option", args: ["--nope"], status: 1, says: "mosh-client: invalid option -- '-'" },
  {
    what: "-# without its argument",
    args: ["-#"],
    status: 1,
    says: "mosh-client: option requires an argument -- '#'",
  },
  { what: "a port of letters", args: ["127.0.0.1", "x"], status: 1, says: "mosh-client: Bad UDP port (x)" },
  {
    what: "a negative port",
    // Bun itself takes a "--" that comes right after the script.
    args: ["-v", "--", "127.0.0.1", "-1"],
    status: 1,
    says: "mosh-client: Bad UDP port (-1)",
  },
  { what: "an empty port", args: ["127.0.0.1", ""], status: 1 },
  {
    what: "no key",
    args: ["127.0.0.1", "60001"],
    status: 1,
    says: "MOSH_KEY environment variable not found.",
  },
  {
    what: "options before, between and after",
    args: ["-v", "127.0.0.1", "-#", "mosh host |", "60001", "-v"],
    status: 1,
    says: "MOSH_KEY environment variable not found.",
  },
  {
    what: "an attached -# argument",
    args: ["-#mosh -c host", "127.0.0.1", "60001"],
    status: 1,
    says: "MOSH_KEY environment variable not found.",
  },
  {
    what: "an unknown prediction mode",
    args: ["127.0.0.1", "60001"],
    env: { MOSH_KEY: KEY, MOSH_PREDICTION_DISPLAY: "sometimes", TERM: "xterm" },
    status: 1,
    says: "Unknown prediction mode sometimes.",
  },
  {
    what: "an empty prediction mode",
    args: ["127.0.0.1", "60001"],
    env: { MOSH_KEY: KEY, MOSH_PREDICTION_DISPLAY: "", TERM: "xterm" },
    status: 1,
    says: "Unknown prediction mode .",
  },
  {
    what: "no terminal",
    args: ["127.0.0.1", "60001"],
    env: { MOSH_KEY: KEY, TERM: "xterm" },
    status: 1,
    says: "tcgetattr: Inappropriate ioctl for device",
    out: "",
  },
  {
    what: "TERM unknown",
    args: ["127.0.0.1", "60001"],
    env: { MOSH_KEY: KEY, TERM: "no-such-terminal" },
    status: 1,
    says: "Error: Unknown terminal type.\r",
    out: "[mosh is exiting.]\n",
  },
  {
    what: "no TERM",
    args: ["127.0.0.1", "60001"],
    env: { MOSH_KEY: KEY },
    status: 1,
    says: "Error: Terminfo database could not be found.\r",
    out: "[mosh is exiting.]\n",
  },
  {
    what: "a TERM that prints on paper",
    args: ["127.0.0.1", "60001"],
    env: { MOSH_KEY: KEY, TERM: "lpr" },
    status: 1,
    says: "Error: Terminal is hardcopy and cannot be used by curses applications.\r",
    out: "[mosh is exiting.]\n",
  },
  {
    what: "-c, 256 colors",
    args: ["-c"],
    env: { TERM: "xterm-256color" },
    status: 0,
    out: "256\n",
    says: "",
  },
  { what: "-c, 8 colors", args: ["-c"], env: { TERM: "xterm" }, status: 0, out: "8\n", says: "" },
  { what: "-c, none", args: ["-c"], env: { TERM: "vt100" }, status: 0, out: "-1\n", says: "" },
  { what: "-c, no TERM", args: ["-c"], status: 1, out: "", says: "TERM environment variable not set." },
  {
    what: "-c, TERM unknown",
    args: ["-c"],
    env: { TERM: "no-such-terminal" },
    status: 1,
    out: "",
    says: "'no-such-terminal': unknown terminal type.",
  },
  {
    what: "-c, a placeholder TERM",
    args: ["-c"],
    env: { TERM: "unknown" },
    status: 1,
    out: "",
    says: "'unknown': I need something more specific.",
  },
  {
    what: "-c, a TERM that prints on paper",
    args: ["-c"],
    env: { TERM: "lpr" },
    status: 1,
    out: "",
    says: "'lpr': I can't handle hardcopy terminals.",
  },
];

describe("ours", () => {
  for (const { what, args, env, status, says, out } of table) {
    test(what, () => {
      const outcome = run(OURS, args, env ?? {});
      expect(outcome.status).toBe(status);
      if (says !== undefined) expect(firstLine(outcome.err)).toBe(says);
      if (out !== undefined) expect(outcome.out).toBe(out);
      expect(outcome.err).not.toContain(KEY);
    });
  }

  test("--help and --version, wherever they stand", () => {
    for (const args of [["--help"], ["--version"], ["127.0.0.1", "60001", "--version"], ["-z", "--help"]]) {
      const { status, out, err } = run(OURS, args, {});
      expect(status).toBe(0);
      expect(out).toStartWith("mosh-client (mosh 1.4.0) [sterna ");
      expect(out.includes("Usage: mosh-client")).toBe(args.includes("--help"));
      expect(err).toBe("");
    }
  });

  test("a port that no datagram can have is refused, where stock would try", () => {
    for (const port of ["0", "65536", "99999999999999999999"]) {
      const { status, err } = run(OURS, ["127.0.0.1", port], { MOSH_KEY: KEY, TERM: "xterm" });
      expect(status).toBe(1);
      expect(firstLine(err)).toBe(`mosh-client: Bad UDP port (${port})`);
    }
  });
});

describe("stock says the same", () => {
  peer("mosh-client")("all rows of the table", () => {
    for (const { what, args, env, status, says, out } of table) {
      const outcome = run(["mosh-client"], args, env ?? {});
      expect({ what, status: outcome.status }).toEqual({ what, status });
      if (says !== undefined) expect({ what, says: firstLine(outcome.err) }).toEqual({ what, says });
      if (out !== undefined) expect({ what, out: outcome.out }).toEqual({ what, out });
    }
  });
});
