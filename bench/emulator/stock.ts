/**
 * A stock mosh-server's own processor time while a program of its session writes a stream: the emulator, and with it
 * what cannot be taken away from outside: reading the pseudo-terminal and the frames for its client.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Core } from "../../wasm-core/core.ts";
import { LoadClient } from "../load/client.ts";
import { startStock } from "../load/servers.ts";

/** Time on a processor, ns, as the scheduler counts it. */
function onCpu(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[0]);
}

async function until(what: string, done: () => boolean): Promise<void> {
  const end = performance.now() + 30_000;
  while (!done()) {
    if (performance.now() > end) throw new Error(`waited in vain for ${what}`);
    await Bun.sleep(2);
  }
}

/** MB/s of processor time. */
export async function measureStock(
  core: Core,
  directory: string,
  cols: number,
  rows: number,
  stream: Uint8Array,
): Promise<number> {
  const [data, ready, done] = ["data", "ready", "done"].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(data, stream);
  for (const mark of [ready, done]) rmSync(mark, { force: true });
  const server = startStock();
  try {
    // Raw: the kernel is not to change the stream, nor to answer what is in it.
    const script = `stty raw -echo; : > ${ready}; head -c 1 > ${directory}/key; cat ${data}; : > ${done}; exec sleep 60`;
    const endpoint = await server.open(["/bin/sh", "-c", script]);
    const client = await LoadClient.open(core, endpoint, {});
    client.transport.current.pushResize(cols, rows);
    client.type(new Uint8Array());
    await until("the session", () => existsSync(ready) && client.connectedAt !== undefined);
    await Bun.sleep(50);
    const before = onCpu(server.pids[0]!);
    client.type(new Uint8Array([13]));
    await until("the stream", () => existsSync(done));
    await Bun.sleep(20);
    const spent = onCpu(server.pids[0]!) - before;
    client.close();
    return (stream.length * 1e3) / spent;
  } finally {
    await server.stop();
  }
}
