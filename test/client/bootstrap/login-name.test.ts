/** The user's name where the environment has none, or another's. */
import { expect, test } from "bun:test";
import { join } from "node:path";

test("the login name is the database's, whatever USER says", () => {
  const module = join(import.meta.dir, "../../../sys/login-name.ts");
  const me = Bun.spawnSync(["id", "-un"]).stdout.toString().trim();
  for (const env of [{}, { USER: "somebody", LOGNAME: "somebody" }]) {
    const { stdout } = Bun.spawnSync(
      [process.execPath, "-e", `console.log((await import(${JSON.stringify(module)})).loginName())`],
      { env },
    );
    expect(stdout.toString().trim()).toBe(me);
  }
});
