#!/usr/bin/env -S bun --config=/dev/null --no-env-file
/** Entry of the client in a source checkout: `bun client.ts [options] [user@]host [-- command]`. */
import { main } from "./client/main.ts";

await main(process.argv.slice(2), "sterna");
