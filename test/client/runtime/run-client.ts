/** `mosh-client` straight from the source, for tests that run it as a process. Arguments as for mosh-client. */
import { main } from "../../../client/mosh-client.ts";

process.exit(await main(process.argv.slice(2)));
