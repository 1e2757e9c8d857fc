/**
 * `sterna localhost` on a machine without an ssh server: then no login is needed, the server is started directly, as
 * with `--local`.
 */
import { createConnection } from "node:net";
import { loginName } from "../../sys/login-name.ts";
import { askSshRoute } from "./ssh-route.ts";

const SSH_PORT = 22;
const LOOPBACK = new Map([
  ["localhost", "127.0.0.1"],
  ["127.0.0.1", "127.0.0.1"],
  ["::1", "::1"],
]);
const CONNECT_TIMEOUT_MS = 1_000;

/** The loopback address meant by `[user@]host`, if it is this machine and this user; else undefined. */
export function loopbackAddress(destination: string, user: string = loginName()): string | undefined {
  const at = destination.lastIndexOf("@");
  if (at >= 0 && destination.slice(0, at) !== user) return undefined;
  return LOOPBACK.get(destination.slice(at + 1).toLowerCase());
}

/**
 * The address to serve on without ssh; undefined if ssh is to be used: another machine or user, an ssh server that
 * answers, or a configuration that sends the name elsewhere.
 *
 * @param ssh the ssh command, split; undefined: there is no ssh program
 */
export async function localhostWithoutSsh(
  destination: string,
  ssh: readonly string[] | undefined,
  env: Readonly<Record<string, string | undefined>>,
  port: number = SSH_PORT,
): Promise<string | undefined> {
  const address = loopbackAddress(destination);
  if (address === undefined || !(await refuses(address, port))) return undefined;
  if (ssh === undefined) return address;
  const route = await askSshRoute(ssh, destination, env);
  const direct =
    route !== undefined &&
    route.get("port") === String(port) &&
    LOOPBACK.has(route.get("hostname")?.toLowerCase() ?? "") &&
    !["proxyjump", "proxycommand"].some((keyword) => (route.get(keyword) ?? "none") !== "none");
  return direct ? address : undefined;
}

/** Does the port refuse a connection (and not merely stay silent)? */
function refuses(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: address, port });
    const done = (result: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    const timer = setTimeout(() => done(false), CONNECT_TIMEOUT_MS);
    socket.once("connect", () => done(false));
    socket.once("error", (error: NodeJS.ErrnoException) => done(error.code === "ECONNREFUSED"));
  });
}
