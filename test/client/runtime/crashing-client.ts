/**
 * A client that ends in an unusual way when it gets SIGUSR2: CRASH=throw | reject | exit. For ways-out.test.ts, which
 * checks that the terminal is given back even then.
 */
import { main } from "../../../client/mosh-client.ts";

process.on("SIGUSR2", () => {
  if (process.env.CRASH === "exit") process.exit(7);
  if (process.env.CRASH === "reject") void Promise.reject(new Error("rejected on purpose"));
  else throw new Error("thrown on purpose");
});
process.exit(await main(process.argv.slice(2)));
