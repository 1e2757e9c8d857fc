/** When our proxy would replace the user's own way to a host, and when localhost needs no ssh. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { localhostWithoutSsh, loopbackAddress } from "../../../client/bootstrap/localhost.ts";
import { askSshRoute, mayUseProxy, parseRoute, proxyOf } from "../../../client/bootstrap/ssh-route.ts";
import { peer } from "../../peers.ts";

const home = mkdtempSync(join(tmpdir(), "sterna-route-"));
const config = (text: string, name = "config"): string => {
  writeFileSync(join(home, ".ssh", name), text);
  return join(home, ".ssh", name);
};

beforeAll(() => mkdirSync(join(home, ".ssh")));
afterAll(() => rmSync(home, { recursive: true }));

describe("a proxy of ssh's own", () => {
  test("is looked for in the words and the files, Include followed", () => {
    config("Host *\n  User x\n");
    expect(mayUseProxy(["ssh"], home)).toBe(false);
    expect(mayUseProxy(["ssh", "-J", "b"], home)).toBe(true);
    expect(mayUseProxy(["ssh", "-Jb"], home)).toBe(true);
    expect(mayUseProxy(["ssh", "-o", "proxyjump=b"], home)).toBe(true);
    config("Host inside\n  proxyJump b\n", "more.conf");
    expect(mayUseProxy(["ssh"], home)).toBe(false);
    config("Host *\n  Include more.*\n");
    expect(mayUseProxy(["ssh"], home)).toBe(true);
    expect(mayUseProxy(["ssh", "-F", join(home, ".ssh", "nothing")], home)).toBe(false);
    expect(mayUseProxy(["ssh", `-F${join(home, ".ssh", "nothing")}`], home)).toBe(false);
    config("Host *\n");
    expect(mayUseProxy(["ssh", `-F${join(home, ".ssh", "more.conf")}`], home)).toBe(true);
    expect(mayUseProxy(["ssh", "-4F", join(home, ".ssh", "more.conf")], home)).toBe(true);
    expect(mayUseProxy(["ssh", "-4J", "b"], home)).toBe(true);
    expect(mayUseProxy(["ssh", "-v6Jb"], home)).toBe(true);
    expect(mayUseProxy(["ssh", "-lJohn", "-i", "Jack"], home)).toBe(false);
  });

  peer("ssh")("ssh says which hosts it is for", async () => {
    const file = config(
      "Host inside\n  ProxyJump bastion\nHost cmd\n  ProxyCommand nc %h %p\nHost none\n  ProxyJump none\n",
    );
    const ask = async (host: string) => proxyOf((await askSshRoute(["ssh", "-F", file], host, process.env))!);
    expect(await ask("inside")).toBe("ProxyJump bastion");
    expect(await ask("cmd")).toBe("ProxyCommand nc %h %p");
    expect(await ask("none")).toBeUndefined();
    expect(await ask("other")).toBeUndefined();
  });

  test("what is not OpenSSH is not asked, or not believed", async () => {
    expect(await askSshRoute(["/bin/echo"], "h", process.env)).toBeUndefined();
    expect(parseRoute("MOSH CONNECT 1 2\n")).toBeUndefined();
    expect(parseRoute("hostname h\n")).toBeUndefined();
    expect(parseRoute("hostname h\nport 22\n")?.get("hostname")).toBe("h");
  });
});

describe("localhost without an ssh server", () => {
  const me = userInfo().username;

  test("only this machine and this user", () => {
    expect(loopbackAddress("localhost", me)).toBe("127.0.0.1");
    expect(loopbackAddress("LOCALHOST", me)).toBe("127.0.0.1");
    expect(loopbackAddress(`${me}@localhost`, me)).toBe("127.0.0.1");
    expect(loopbackAddress("::1", me)).toBe("::1");
    expect(loopbackAddress("somebody-else@localhost", me)).toBeUndefined();
    expect(loopbackAddress("localhost.example.org", me)).toBeUndefined();
  });

  /** A TCP server of 127.0.0.1 on a free port. */
  async function listen(): Promise<{ server: Server; port: number }> {
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return { server, port: (server.address() as { port: number }).port };
  }

  test("a port that refuses: here; one that answers: ssh", async () => {
    const { server, port } = await listen();
    expect(await localhostWithoutSsh("localhost", undefined, process.env, port)).toBeUndefined();
    await new Promise((resolve) => server.close(resolve));
    expect(await localhostWithoutSsh("localhost", undefined, process.env, port)).toBe("127.0.0.1");
  });

  peer("ssh")("a configuration that sends the name elsewhere: ssh", async () => {
    const { server, port } = await listen();
    await new Promise((resolve) => server.close(resolve));
    const plain = config(`Host *\n  Port ${port}\n`);
    expect(await localhostWithoutSsh("localhost", ["ssh", "-F", plain], process.env, port)).toBe("127.0.0.1");
    for (const text of ["Port 2222", `Port ${port}\n  HostName vm.example`, `Port ${port}\n  ProxyJump b`]) {
      const file = config(`Host localhost\n  ${text}\n`);
      expect(await localhostWithoutSsh("localhost", ["ssh", "-F", file], process.env, port)).toBeUndefined();
    }
    // Not OpenSSH: who knows where it goes.
    expect(await localhostWithoutSsh("localhost", ["/bin/true"], process.env, port)).toBeUndefined();
  });
});
