#!/usr/bin/env -S bun --config=/dev/null --no-env-file
/** Entry of the client in a source checkout: `bun client.ts [options] [user@]host [-- command]`. */
import { main } from "./client/main.ts";
import { ownArguments } from "./sys/arguments.ts";

await main(ownArguments(), "sterna");
