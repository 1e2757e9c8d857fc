/** Who may log in: the lines of authorized_keys against what a real client shows, on both families of addresses. */
import { afterEach, expect } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { peer } from "../peers.ts";
import { Door } from "./door.ts";

const test = peer("ssh", "ssh-keygen");

const doors: Door[] = [];
afterEach(() => {
  for (const door of doors.splice(0)) door.close();
});
function make(): Door {
  const door = new Door();
  doors.push(door);
  return door;
}
const list = async (door: Door, ...options: string[]): Promise<string> => {
  const { out, status } = await door.ssh(["sterna-server list"], options);
  return status === 0 ? out : `status ${status}`;
};

test("a key on several lines: the first one that lets it in counts", async () => {
  const door = await make().open();
  const key = readFileSync(join(door.path, "id.pub"), "utf8");
  const authorize = (...options: string[]): void =>
    writeFileSync(
      join(door.user.home, ".ssh/authorized_keys"),
      options.map((words) => `${words} ${key}`).join(""),
    );
  authorize('from="192.0.2.1"', 'expiry-time="20000101"', 'command="sterna-server kill"', "");
  expect(await list(door)).toBe("status 1");
  authorize('from="192.0.2.1"', 'from="127.0.0.0/8",command="sterna-server list"');
  expect((await door.ssh(["uptime"])).out).toBe("No sessions.\n");
  authorize('from="192.0.2.1"', 'expiry-time="20000101"', "cert-authority");
  expect(await list(door)).toBe("status 255");
  expect(door.reasons("login refused")).toEqual(["the key may not come from there"]);
});

test("RSA, ECDSA and Ed25519; certificates and SHA-1 are not for this gateway", async () => {
  const door = await make().open();
  const kinds = [
    ["rsa", "2048"],
    ["ecdsa", "256"],
    ["ecdsa", "384"],
    ["ecdsa", "521"],
  ] as const;
  for (const [type, bits] of kinds) {
    const path = join(door.path, `${type}${bits}`);
    Bun.spawnSync(["ssh-keygen", "-q", "-t", type, "-b", bits, "-N", "", "-f", path]);
    writeFileSync(join(door.user.home, ".ssh/authorized_keys"), readFileSync(`${path}.pub`));
    expect(await list(door, "-i", path)).toBe("No sessions.\n");
  }
  const rsa = join(door.path, "rsa2048");
  writeFileSync(join(door.user.home, ".ssh/authorized_keys"), readFileSync(`${rsa}.pub`));
  expect(await list(door, "-i", rsa, "-o", "PubkeyAcceptedAlgorithms=ssh-rsa")).toBe("status 255");
  // A certificate of a key that is listed as an authority.
  const id = join(door.path, "id");
  Bun.spawnSync(["ssh-keygen", "-q", "-s", join(door.path, "other"), "-I", "x", "-n", "alice", `${id}.pub`]);
  const authority = readFileSync(join(door.path, "other.pub"), "utf8");
  writeFileSync(join(door.user.home, ".ssh/authorized_keys"), `cert-authority ${authority}`);
  expect(await list(door, "-o", `CertificateFile=${id}-cert.pub`, "-b", "127.0.0.9")).toBe("status 255");
});

test("at an address of IPv6, also for who comes by IPv4", async () => {
  const door = await make().open({ listen: [{ address: "::", port: 0 }] });
  door.authorize('from="127.0.0.1,::1"');
  let seen: string[] = [];
  door.context = {
    runLine: (_line, environment, channel) => {
      seen = [...seen, environment.SSH_CONNECTION!];
      channel.exit(0);
      channel.end();
    },
  };
  for (const host of ["127.0.0.1", "::1"])
    await door.ssh(["x"], ["-o", `Hostname=${host}`, "-o", "HostKeyAlias=x"]);
  expect(seen).toEqual([
    expect.stringMatching(new RegExp(`^127\\.0\\.0\\.1 \\d+ 127\\.0\\.0\\.1 ${door.port}$`)),
    expect.stringMatching(new RegExp(`^::1 \\d+ ::1 ${door.port}$`)),
  ]);
});

test("an agent, X11 and forwarded ports are refused, and the command goes on without", async () => {
  const door = await make().open();
  const { status, out } = await door.ssh(
    ["sterna-server list"],
    ["-A", "-X", "-R", "0:127.0.0.1:1", "-o", "ForwardX11=yes"],
  );
  expect([status, out]).toEqual([0, "No sessions.\n"]);
  expect((await door.ssh([], ["-W", "127.0.0.1:1"])).status).toBe(255);
  expect((await door.ssh(["x"], ["-s"])).status).not.toBe(0);
});
