/** Starting the real program: what it prints, with which status it leaves, and that it lets go of who started it. */
import { afterAll, afterEach, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { HELP, USAGE } from "../../server/cli.ts";
import { Home } from "../drivers/home.ts";
import { run, serverProgram } from "../drivers/peers-run.ts";
import { alive, gone, kill, signal } from "../drivers/processes.ts";
import { until } from "../drivers/wait.ts";

const home = new Home();
const started: number[] = [];
afterEach(() => kill(started.splice(0)));
afterAll(() => home.remove());

const program = serverProgram("sterna");

async function start(args: readonly string[], env: Record<string, string> = {}) {
  const finished = await run([...program, ...args], { ...home.env, ...env }, home.path);
  const pid = Number(/^\[mosh-server detached, pid = (\d+)\]$/m.exec(finished.err)?.[1]);
  if (pid) started.push(pid);
  return { ...finished, pid };
}

/** The fields of /proc/PID/stat behind the name: state, parent, process group, session, … */
function stat(pid: number): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  return text.slice(text.lastIndexOf(")") + 2).split(" ");
}

describe("a start from ssh without a terminal", () => {
  test("prints port and key, returns, and leaves a server that holds nothing of ours", async () => {
    const { status, out, err, pid } = await start(["new", "-i", "127.0.0.1", "-p", "0", "-c", "256"]);
    expect(status).toBe(0);
    expect(out).toMatch(/^MOSH CONNECT \d+ [A-Za-z0-9/+]{21}[AQgw]\n$/);
    expect(err).toMatch(/^\nsterna-server [^\n]+\nLicensed [^\n]+\n\n\[mosh-server detached, pid = \d+\]\n$/);
    expect(alive(pid)).toBe(true);

    // run() returned, so both pipes were closed. Neither they nor any other descriptor of the launcher live on.
    const links = readdirSync(`/proc/${pid}/fd`).map(
      (fd) => [fd, readlinkSync(`/proc/${pid}/fd/${fd}`)] as const,
    );
    const standard = await until("released descriptors", () => {
      const now = ["0", "1", "2"].map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
      return now.every((target) => target === "/dev/null") && now;
    });
    expect(standard.length).toBe(3);
    const foreign = links.filter(
      ([fd, target]) => Number(fd) > 2 && !/^(anon_inode|socket):|^\/dev\/null$/.test(target),
    );
    expect(foreign).toEqual([]);

    const [, parent, , session] = stat(pid);
    expect(Number(session)).toBe(pid);
    expect(Number(parent)).not.toBe(process.pid);
    expect(readFileSync(`/proc/${pid}/comm`, "utf8")).toBe("mosh-server\n");

    const key = /([A-Za-z0-9/+]{22})\n$/.exec(out)![1]!;
    expect(readFileSync(`/proc/${pid}/cmdline`, "latin1")).not.toContain(key);
    expect(readFileSync(`/proc/${pid}/environ`, "latin1")).not.toContain(key);
    expect(readFileSync(`/proc/${pid}/limits`, "utf8")).toMatch(/^Max core file size +0 /m);
  });
});

describe("a start from a terminal", () => {
  test("begins a new line first, and outlives the terminal", async () => {
    let output = "";
    const launcher = Bun.spawn([...program, "new", "-i", "127.0.0.1", "-p", "0"], {
      env: { ...home.env },
      cwd: home.path,
      terminal: {
        cols: 91,
        rows: 31,
        data: (_terminal, bytes) => {
          output += new TextDecoder().decode(bytes);
        },
      },
    });
    expect(await launcher.exited).toBe(0);
    // The terminal turns each line feed into two characters.
    expect(output).toMatch(/^\r\r\n\r\nMOSH CONNECT \d+ [A-Za-z0-9/+]{22}\r\n\r\nsterna-server /);
    const pid = Number(/pid = (\d+)\]/.exec(output)![1]);
    started.push(pid);
    launcher.terminal!.close();
    signal(pid, "SIGHUP");
    signal(pid, "SIGHUP");
    await until("a shut terminal", () => launcher.terminal!.closed);
    await Bun.sleep(50);
    expect(alive(pid)).toBe(true);
    expect(
      readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`)),
    ).not.toContainEqual(expect.stringMatching(/pts|ptmx/));
  });
});

describe("what goes wrong before a client could come", () => {
  test("a bad port range: the reason, stock's words for scripts, the usage", async () => {
    const { status, out, err } = await start(["new", "-x", "-p", "7x"]);
    expect([status, out]).toEqual([1, ""]);
    expect(err).toBe(
      `new: invalid option -- 'x'\n${USAGE}\nInvalid (low) port number (7x)\nmosh-server: Bad UDP port range (7x)\n${USAGE}\n`,
    );
  });

  test("a port that is taken", async () => {
    const other = await Bun.udpSocket({ hostname: "0.0.0.0", socket: { data() {} } });
    const { status, out, err } = await start(["new", "-p", String(other.port)]);
    other.close();
    expect([status, out]).toEqual([1, ""]);
    expect(err).toBe(
      `Failed binding to 0.0.0.0:${other.port}\nError binding to any interface: bind: Address already in use\n` +
        "Network exception: bind: Address already in use\n",
    );
  });

  test("warnings and limits are named, and the start goes on", async () => {
    const { status, out, err } = await start(["new", "-s", "-p", "0"], {
      MOSH_SERVER_NETWORK_TMOUT: "60s",
      MOSH_SERVER_SIGNAL_TMOUT: "-1",
      LC_ALL: "xx_YY.UTF-8",
    });
    expect(status).toBe(0);
    expect(out).toStartWith("MOSH CONNECT ");
    expect(err.split("\n").slice(0, 4)).toEqual([
      "Warning: SSH_CONNECTION not found; binding to any interface.",
      "MOSH_SERVER_NETWORK_TMOUT not a valid integer, ignoring",
      "MOSH_SERVER_SIGNAL_TMOUT is negative, ignoring",
      "",
    ]);
  });
});

test("help and version on standard output, status 0", async () => {
  expect(await run([...program, "new", "--help"], home.env)).toEqual({
    status: 0,
    out: `${HELP}\n`,
    err: "",
  });
  const version = await run([...program, "--version"], home.env);
  expect(version).toMatchObject({ status: 0, err: "" });
  expect(version.out).toMatch(/^sterna-server \S+ \(protocol of mosh 1\.4\.0\)\n/);
});

describe("a server whose client does not come", () => {
  test.each([["SIGTERM"], ["SIGINT"], ["SIGUSR1"]] as const)("leaves on %s", async (name) => {
    const { pid } = await start(["new", "-i", "127.0.0.1", "-p", "0"]);
    signal(pid, name);
    await gone([pid]);
  });

  test("leaves when the network limit is over, and says so with -v on the error output it then keeps", async () => {
    // With -v the server holds both outputs, so run() returns when it has left.
    const { status, out, err } = await run([...program, "new", "-v", "-i", "127.0.0.1", "-p", "0"], {
      ...home.env,
      MOSH_SERVER_NETWORK_TMOUT: "1",
    });
    expect(status).toBe(0);
    expect(err).toEndWith("Network idle for 1 seconds.\n");
    expect(out).toMatch(/^MOSH CONNECT \d+ \S{22}\n\n\[mosh-server is exiting\.\]\n$/);
  });
});
