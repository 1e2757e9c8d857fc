/** Questions on a real terminal: what shows, what does not, and that the terminal is as it was however they end. */
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openTerminalPrompter, printable } from "../../../../client/bootstrap/embedded/prompt.ts";
import { commandOf, familyOf, signal } from "../../../drivers/processes.ts";
import { until } from "../../../drivers/wait.ts";

const directory = mkdtempSync(join(tmpdir(), "sterna-prompt-"));
afterAll(() => rmSync(directory, { recursive: true }));

const prompts = join(import.meta.dir, "..", "..", "..", "..", "client", "bootstrap", "embedded", "prompt.ts");
const script = join(directory, "ask.ts");
writeFileSync(
  script,
  `import { openTerminalPrompter } from ${JSON.stringify(prompts)};
const prompter = openTerminalPrompter();
if (prompter === undefined) throw new Error("no terminal");
prompter.tell("hello\\n");
process.on("SIGUSR1", () => process.exit(9));
const name = await prompter.ask("name? ", { echo: true });
const secret = await prompter.ask("secret? ", { echo: false });
prompter.tell("got " + JSON.stringify([name, secret]) + "\\n");
const last = await prompter.ask("last? ", { echo: false });
prompter.tell("end " + JSON.stringify(last ?? null) + "\\n");
prompter.close();
`,
);

/** Runs the script on a terminal of its own; standard input and output are not that terminal. */
function onTerminal() {
  let shown = "";
  const child = Bun.spawn(
    // A shell on the terminal runs it, says its status, and shows whether the terminal echoes.
    [
      "/bin/sh",
      "-c",
      `trap : INT QUIT; ${process.execPath} ${script} < /dev/null > ${directory}/out; echo "status $?"; stty -a`,
    ],
    {
      env: { PATH: process.env.PATH },
      terminal: {
        cols: 200,
        rows: 24,
        data: (_terminal: unknown, bytes: Uint8Array) => {
          shown += Buffer.from(bytes).toString();
        },
      },
    } as never,
  ) as unknown as Bun.Subprocess & { terminal: { write(text: string): void } };
  return {
    child,
    shown: () => shown,
    type: (text: string) => child.terminal.write(text),
    see: (text: string) =>
      until(
        `"${text}" on the terminal`,
        () => shown.includes(text),
        undefined,
        () => shown,
      ),
  };
}

describe("questions on the controlling terminal", () => {
  test("an open answer shows, a secret does not, line editing works in both", async () => {
    const tty = onTerminal();
    await tty.see("name? ");
    tty.type("bobx\x7f\n");
    await tty.see("secret? ");
    tty.type("pa\x15sesam\x7fme\n");
    await tty.see('got ["bob","sesame"]');
    await tty.see("last? ");
    tty.type("\x04");
    await tty.see("end null");
    await tty.see("status 0");
    await tty.child.exited;
    expect(tty.shown()).toContain("name? bobx");
    expect(tty.shown()).not.toContain("sesam\x08");
    expect(tty.shown().split("got ")[0]).not.toContain("sesam");
    expect(tty.shown()).toMatch(/ echo /);
  });

  for (const [how, end, status] of [
    ["Ctrl-C", "\x03", 130],
    ["Ctrl-\\", "\x1c", 131],
  ] as const) {
    test(`${how} at a secret ends the program and the terminal echoes again`, async () => {
      const tty = onTerminal();
      await tty.see("name? ");
      tty.type("x\n");
      await tty.see("secret? ");
      tty.type(end);
      await tty.see(`status ${status}`);
      await tty.child.exited;
      expect(tty.shown()).toMatch(/ echo /);
    });
  }
});

test("an exit while a secret is asked for: the terminal echoes again", async () => {
  const tty = onTerminal();
  await tty.see("name? ");
  tty.type("x\n");
  await tty.see("secret? ");
  const child = familyOf(tty.child.pid).find((pid) => commandOf(pid).startsWith(process.execPath));
  signal(child!, "SIGUSR1");
  await tty.see("status 9");
  await tty.child.exited;
  expect(tty.shown()).toMatch(/ echo /);
});

test("no terminal: no prompter", () => {
  expect(openTerminalPrompter(join(directory, "nothing"))).toBeUndefined();
});

test("what comes from a server is shown without control characters", () => {
  expect(printable("a\r\nb\x1b[2J\x07\x9b\u0000c\td\rü€")).toBe("a\nb?[2J???c\td?ü€");
});
