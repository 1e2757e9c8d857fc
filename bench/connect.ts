/**
 * From the command to the first prompt, through a real sshd on the loopback: the `mosh` wrapper of either make, its own
 * server behind it, alternating in one run. Ours once as the single executable that people install and once from this
 * checkout. Printed as ratios to stock; the budget is 1.
 *
 *   connect.ts [ROUNDS]      default 25
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Home } from "../test/drivers/home.ts";
import { serverProgram, wrapperProgram } from "../test/drivers/peers-run.ts";
import { HOST_ALIAS, Sshd } from "../test/drivers/sshd.ts";

const ROUNDS = Number(process.argv[2] ?? 25);
const DEADLINE_MS = 20_000;
/** In no control sequence, and in nothing that the command line would echo. */
const PROMPT = "PROMPT:";
const SHELL = ["env", `PS1=${PROMPT}`, "bash", "--norc", "--noprofile", "-i"];

if (Bun.which("mosh") === null) {
  console.log("skipped: mosh is not installed");
  process.exit(0);
}

interface Runner {
  readonly name: string;
  readonly wrapper: readonly string[];
  readonly server: string;
  readonly times: number[];
}

/** ms from the start of the command until the prompt has been drawn; then the session is quit by its escape key. */
async function once(runner: Runner, sshd: Sshd, env: Readonly<Record<string, string>>): Promise<number> {
  const words = [
    ...runner.wrapper,
    `--ssh=${sshd.command}`,
    `--server=${runner.server}`,
    HOST_ALIAS,
    "--",
    ...SHELL,
  ];
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const decoder = new TextDecoder();
  let output = "";
  const started = performance.now();
  const child = Bun.spawn(words, {
    env: { ...env },
    terminal: {
      cols: 80,
      rows: 24,
      data: (_terminal, bytes) => {
        output += decoder.decode(bytes, { stream: true });
        if (output.includes(PROMPT)) resolve(performance.now() - started);
      },
    },
  });
  const deadline = setTimeout(
    () => reject(new Error(`${runner.name}: no prompt in:\n${output}`)),
    DEADLINE_MS,
  );
  try {
    return await promise;
  } finally {
    clearTimeout(deadline);
    child.terminal!.write("\x1e.");
    await child.exited;
  }
}

const home = new Home();
const directory = mkdtempSync(join(tmpdir(), "sterna-connect-"));
try {
  const build = Bun.spawnSync([process.execPath, join(import.meta.dir, "../tools/build.ts"), directory]);
  if (build.exitCode !== 0) throw new Error(build.stderr.toString());
  const sshd = await Sshd.start(home);
  const runners: Runner[] = [
    { name: "stock", wrapper: wrapperProgram("stock"), server: serverProgram("stock").join(" "), times: [] },
    {
      name: "sterna, executable",
      wrapper: [join(directory, "sterna")],
      server: join(directory, "sterna-server"),
      times: [],
    },
    {
      name: "sterna, checkout",
      wrapper: wrapperProgram("sterna"),
      server: serverProgram("sterna").join(" "),
      times: [],
    },
    {
      name: "sterna, executable; stock's server",
      wrapper: [join(directory, "sterna")],
      server: serverProgram("stock").join(" "),
      times: [],
    },
  ];
  // Round 0 fills the caches of files and is not counted. Who goes first changes from round to round.
  for (let round = 0; round <= ROUNDS; round++) {
    for (let i = 0; i < runners.length; i++) {
      const runner = runners[(i + round) % runners.length]!;
      const time = await once(runner, sshd, home.env);
      if (round > 0) runner.times.push(time);
    }
  }
  const quantile = ({ times }: Runner, q: number): number =>
    times.toSorted((a, b) => a - b)[Math.floor(q * (times.length - 1))]!;
  console.log(`command to first prompt through sshd, ms (${ROUNDS} rounds)`);
  console.log(`${"".padEnd(36)}   tenth  median    p90   median/stock`);
  for (const runner of runners) {
    const columns = [0.1, 0.5, 0.9].map((q) => quantile(runner, q).toFixed(0).padStart(7)).join(" ");
    const ratio = quantile(runner, 0.5) / quantile(runners[0]!, 0.5);
    console.log(`${runner.name.padEnd(36)} ${columns}   ${ratio.toFixed(2).padStart(12)}`);
  }
  await sshd.stop();
} finally {
  await home.remove();
  rmSync(directory, { recursive: true, force: true });
}
process.exit(0);
