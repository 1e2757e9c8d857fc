/**
 * What login(1) of util-linux does to its terminal before it starts the user's shell: hangs it up and opens it anew, so
 * that whoever had it open before has it no more. Then runs the words it was given. Root only; a child of tests.
 */
import { dlopen } from "bun:ffi";
import { readlinkSync } from "node:fs";

const O_RDWR = 2;
const { symbols } = dlopen("libc.so.6", {
  vhangup: { args: [], returns: "i32" },
  open: { args: ["ptr", "i32"], returns: "i32" },
  dup2: { args: ["i32", "i32"], returns: "i32" },
  close: { args: ["i32"], returns: "i32" },
});

const path = readlinkSync("/proc/self/fd/0");
process.on("SIGHUP", () => {});
for (const fd of [0, 1, 2]) symbols.close(fd);
const status = symbols.vhangup();
const fd = symbols.open(Buffer.from(`${path}\0`), O_RDWR);
for (const standard of [0, 1, 2]) if (standard !== fd) symbols.dup2(fd, standard);
if (status !== 0) throw new Error("vhangup failed");
const child = Bun.spawn(process.argv.slice(2), { stdio: ["inherit", "inherit", "inherit"] });
process.exit(await child.exited);
