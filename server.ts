#!/usr/bin/env -S bun --config=/dev/null --no-env-file
/** Entry of the server: `bun server.ts new …`, what `mosh-server new …` is. */
import { main } from "./server/main.ts";

await main(process.argv.slice(2), "sterna-server");
