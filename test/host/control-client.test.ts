/** The asking end of the control socket, when the host is not well. */
import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectHost, HostGone } from "../../server/host/control-client.ts";
import { listenUnix } from "../../server/host/unix-socket.ts";

test("a host that stands still is given up, with all that waits for it", async () => {
  const directory = mkdtempSync(join(tmpdir(), "sterna-control-"));
  const path = join(directory, "host.sock");
  let answers = 1;
  const listener = listenUnix(path, 0o600, (connection) => {
    connection.onData = () => {
      if (answers-- > 0) connection.write(Buffer.from('{"ok":true,"sessions":[]}\n'));
    };
  });
  const host = await connectHost(path, process.getuid!(), 200);
  expect(await host!.request({ op: "list" })).toEqual({ ok: true, sessions: [] });
  const both = await Promise.allSettled([host!.request({ op: "list" }), host!.request({ op: "stats" })]);
  expect(both.map((one) => one.status === "rejected" && one.reason)).toEqual([
    new HostGone("the host has not answered for 0.2 seconds"),
    new HostGone(),
  ]);
  await expect(host!.request({ op: "list" })).rejects.toThrow(HostGone);
  listener.close();
  rmSync(directory, { recursive: true });
});
