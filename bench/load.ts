#!/usr/bin/env -S bun --config=/dev/null --no-env-file
/** The load generator: `bun bench/load.ts --help`; docs/load.md. */
import { main } from "./load/main.ts";

process.exit(await main(process.argv.slice(2)));
