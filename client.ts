#!/usr/bin/env bun
/** Entry of the client in a source checkout: `bun client.ts [options] [user@]host [-- command]`. */
import { main } from "./client/main.ts";

await main(process.argv.slice(2), "sterna");
