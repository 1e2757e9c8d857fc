/**
 * What a user reads when something is wrong before a session starts: bad arguments and environments of server, client
 * and wrapper, ports in use, hosts that refuse. The same table for stock Mosh and for Sterna: scripts and people know
 * these messages.
 */
import { afterAll, describe, expect } from "bun:test";
import { createServer } from "node:net";
import type { udp } from "bun";
import { Home } from "../drivers/home.ts";
import {
  clientProgram,
  type Finished,
  MAKES,
  type Make,
  run,
  serverProgram,
  wrapperProgram,
} from "../drivers/peers-run.ts";
import { alive, kill } from "../drivers/processes.ts";
import { Tmux } from "../drivers/tmux.ts";
import { Gate } from "../drivers/wait.ts";
import { peer } from "../peers.ts";

const home = new Home();
const tmux = new Tmux();
const gate = new Gate(3);
const KEY = "4NeCCgvZFe2RnPgrcU1PQw";

afterAll(async () => {
  await tmux.stop();
  await home.remove();
});

interface Case {
  readonly name: string;
  readonly args: readonly string[];
  /** Added to the environment; undefined removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Default 1. `"some"`: not 0, but which is nobody's business (bootstrap-and-cli.md 2.2). */
  readonly status?: number | "some";
  /** Standard output and error together must contain each of these. */
  readonly says: readonly (string | RegExp)[];
}

function environment(changes: Case["env"] = {}): Record<string, string> {
  const merged = { ...home.env, ...changes };
  return Object.fromEntries(Object.entries(merged).filter((e): e is [string, string] => e[1] !== undefined));
}

function judge(finished: Finished, { status = 1, says }: Pick<Case, "status" | "says">): void {
  const text = `${finished.out}${finished.err}`.replaceAll("\r", "");
  for (const wanted of says) {
    if (typeof wanted === "string") expect(text).toContain(wanted);
    else expect(text).toMatch(wanted);
  }
  if (status === "some") expect(finished.status).not.toBe(0);
  else expect(finished.status).toBe(status);
}

function table(program: (make: Make) => string[], needs: readonly string[], cases: readonly Case[]): void {
  for (const { name, args, env, ...verdict } of cases) {
    for (const make of MAKES) {
      peer(...needs).concurrent(`${name}: ${make}`, () =>
        gate.run(async () =>
          judge(await run([...program(make), ...args], environment(env), home.path), verdict),
        ),
      );
    }
  }
}

describe("server, arguments", () => {
  const range = (text: string, message: string): Case => ({
    name: `-p ${text}`,
    args: ["new", "-p", text],
    says: [message, `mosh-server: Bad UDP port range (${text})`, "Usage:"],
  });
  table(
    serverProgram,
    ["mosh-server"],
    [
      range("abc", "Invalid (low) port number (abc)"),
      range("70000", "(Low) port number 70000 outside valid range [0..65535]"),
      range("-1", "(Low) port number -1 outside valid range [0..65535]"),
      range("60001:x", "Invalid high port number (x)"),
      range("5:99999", "High port number 99999 outside valid range [0..65535]"),
      range("60010:60001", "Low port 60010 greater than high port 60001"),
      range("0:7", "Low port 0 incompatible with port ranges"),
      { name: "-c x", args: ["new", "-c", "x"], says: ["mosh-server: Bad number of colors (x)", "Usage:"] },
      { name: "too many words", args: ["a", "b", "c"], says: ["Usage:"] },
      { name: "--help", args: ["new", "--help"], status: 0, says: ["Usage:"] },
      { name: "--version", args: ["--version"], status: 0, says: [/mosh-server|sterna/i] },
    ],
  );
});

describe("server, a port in use", () => {
  for (const make of MAKES) {
    peer("mosh-server").concurrent(make, async () => {
      // Two neighbouring ports, the second free.
      const socket = await occupy();
      const port = socket.port;
      const start = (ports: string): Promise<Finished> =>
        run(
          [...serverProgram(make), "new", "-i", "127.0.0.1", "-p", ports, "--", "cat"],
          environment(),
          home.path,
        );
      judge(await start(String(port)), {
        says: [
          `Failed binding to 127.0.0.1:${port}`,
          /Error binding to IP 127\.0\.0\.1: bind: Address already in use/,
          /Error binding to any interface: bind: Address already in use/,
          /Network exception: bind: Address already in use/,
        ],
      });
      const next = await start(`${port}:${port + 1}`);
      judge(next, { status: 0, says: [new RegExp(`^MOSH CONNECT ${port + 1} `, "m")] });
      socket.close();
      await kill([Number(/pid = (\d+)/.exec(next.err)![1])].filter(alive));
    });
  }
});

/** A UDP socket on a loopback port whose upper neighbour is free. */
async function occupy(): Promise<udp.Socket<"buffer">> {
  for (;;) {
    const socket = await Bun.udpSocket({ hostname: "127.0.0.1", port: 0 });
    try {
      const neighbour = await Bun.udpSocket({ hostname: "0.0.0.0", port: socket.port + 1 });
      neighbour.close();
      return socket;
    } catch {
      socket.close();
    }
  }
}

describe("server, an address that is none", () => {
  for (const make of MAKES) {
    peer("mosh-server").concurrent(make, async () => {
      const command = [...serverProgram(make), "new", "-i", "not-an-address", "-p", "0", "--", "cat"];
      const finished = await run(command, environment(), home.path);
      judge(finished, { status: 0, says: ["Bad IP address (not-an-address)", /^MOSH CONNECT \d+ /m] });
      await kill([Number(/pid = (\d+)/.exec(finished.err)![1])].filter(alive));
    });
  }
});

describe("client, without a terminal", () => {
  table(
    clientProgram,
    ["mosh-client"],
    [
      {
        name: "too many words",
        args: ["127.0.0.1", "60001", "60002"],
        env: { MOSH_KEY: KEY },
        says: [/usage/i],
      },
      { name: "no key", args: ["127.0.0.1", "60001"], says: ["MOSH_KEY environment variable not found."] },
      {
        name: "a port that is none",
        args: ["127.0.0.1", "abc"],
        env: { MOSH_KEY: KEY },
        says: ["mosh-client: Bad UDP port (abc)", /usage/i],
      },
      {
        name: "an unknown prediction mode",
        args: ["127.0.0.1", "60001"],
        env: { MOSH_KEY: KEY, MOSH_PREDICTION_DISPLAY: "perhaps" },
        says: ["Unknown prediction mode perhaps."],
      },
      {
        name: "an unknown terminal",
        args: ["127.0.0.1", "60001"],
        env: { MOSH_KEY: KEY, TERM: "nonsense" },
        says: ["Error: Unknown terminal type.", "[mosh is exiting.]"],
      },
      {
        name: "standard input is no terminal",
        args: ["127.0.0.1", "60001"],
        env: { MOSH_KEY: KEY },
        says: ["tcgetattr:"],
      },
      { name: "-c", args: ["-c"], status: 0, says: [/^256\n$/] },
      {
        name: "-c of an unknown terminal",
        args: ["-c"],
        env: { TERM: "nonsense" },
        says: [/unknown terminal type/i],
      },
      { name: "--version", args: ["--version"], status: 0, says: [/mosh-client|sterna/i] },
    ],
  );
});

describe("client, on a terminal", () => {
  const cases: readonly { name: string; key: string; host: string; says: string }[] = [
    {
      name: "a short key",
      key: "short",
      host: "127.0.0.1",
      says: "Crypto exception: Key must be 22 letters long.",
    },
    {
      name: "a key of other letters",
      key: `${KEY.slice(0, 21)}-`,
      host: "127.0.0.1",
      says: "Crypto exception: Key must be well-formed base64.",
    },
    {
      name: "a key with spare bits",
      key: `${KEY.slice(0, 21)}x`,
      host: "127.0.0.1",
      says: "Crypto exception: Base64 key was not encoded 128-bit key.",
    },
    { name: "no address", key: KEY, host: "nowhere", says: "Network exception: Bad IP address (nowhere)" },
  ];
  for (const { name, key, host, says } of cases) {
    for (const make of MAKES) {
      peer("tmux", "mosh-client").concurrent(`${name}: ${make}`, () =>
        gate.run(async () => {
          const command = [...clientProgram(make), host, "60001"];
          const pane = await tmux.open({ command, env: { ...home.env, MOSH_KEY: key }, cols: 120 });
          const { status, text } = await pane.exit();
          expect(text).toContain(says);
          expect(text).toEndWith("[mosh is exiting.]");
          expect(text).not.toContain(key);
          expect(status).toBe(1);
          await pane.close();
        }),
      );
    }
  }
});

describe("wrapper", () => {
  const port = (text: string, message: string): Case => ({
    name: `-p ${text}`,
    args: ["-p", text, "host"],
    status: 255,
    says: [message],
  });
  table(
    wrapperProgram,
    ["mosh", "ssh"],
    [
      port("1x", ": Server-side port or range (1x) is not valid."),
      port("5:6:7", ": Server-side port or range (5:6:7) is not valid."),
      port("70000", ": Server-side (low) port (70000) must be within valid range [0..65535]."),
      port("5:70000", ": Server-side high port (70000) must be within valid range [1..65535]."),
      port("0:5", ": Server-side port ranges may not be used with starting port 0 (0:5)."),
      port("9:5", ": Server-side port range (9:5): low port greater than high port."),
      { name: "no host", args: [], status: 255, says: ["Usage:"] },
      {
        name: "an unknown option",
        args: ["--nonsense", "host"],
        status: 255,
        says: [/unknown option.*nonsense/i, "Usage:"],
      },
      {
        name: "an unknown mode",
        args: ["--predict=perhaps", "host"],
        status: 255,
        says: [': Unknown mode "perhaps".', "Usage:"],
      },
      {
        name: "an unknown mode in the environment",
        args: ["host"],
        env: { MOSH_PREDICTION_DISPLAY: "perhaps" },
        status: 255,
        says: [': Unknown mode "perhaps" (MOSH_PREDICTION_DISPLAY in environment).'],
      },
      {
        name: "an unknown way to learn the address",
        args: ["--experimental-remote-ip=guess", "host"],
        status: 255,
        says: ["Unknown parameter guess"],
      },
      { name: "--help", args: ["--help"], status: 0, says: ["Usage:", "--server", "--predict"] },
      { name: "--version", args: ["--version"], status: 0, says: [/mosh|sterna/i] },
      {
        name: "a client that is not there",
        args: ["--client=/nonexistent/client", "host"],
        status: 2,
        says: ["Can't count colors:"],
      },
      {
        name: "a server that is not there",
        args: ["--local", "--server=/nonexistent/server", "127.0.0.1"],
        status: "some",
        says: [
          /not found|No such file/,
          "Did not find mosh server startup message. (Have you installed mosh on your server?)",
        ],
      },
      {
        name: "a host that has no address of the family",
        args: ["--family=inet6", "--experimental-remote-ip=local", "--ssh=false", "192.0.2.1"],
        status: "some",
        says: [": could not get canonical name for 192.0.2.1: "],
      },
    ],
  );
});

describe("wrapper, a host that refuses", () => {
  for (const make of MAKES) {
    peer("mosh", "ssh").concurrent(make, () =>
      gate.run(async () => {
        const closed = createServer();
        await new Promise<void>((resolve) => closed.listen(0, "127.0.0.1", resolve));
        const address = closed.address();
        await new Promise((resolve) => closed.close(resolve));
        if (address === null || typeof address === "string") throw new Error("no TCP port");
        const ssh = `ssh -F /dev/null -o BatchMode=yes -p ${address.port}`;
        judge(await run([...wrapperProgram(make), `--ssh=${ssh}`, "127.0.0.1"], environment(), home.path), {
          status: "some",
          says: [
            ": Could not connect to 127.0.0.1, last tried 127.0.0.1: Connection refused",
            ": Did not find remote IP address (is SSH ProxyCommand disabled?).",
          ],
        });
      }),
    );
  }
});
