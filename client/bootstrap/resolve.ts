/**
 * Host name to addresses, by the rules of `--family`. Used for the TCP connection (fake proxy, embedded ssh), for the
 * `local` way to learn the server's address, and for `--local`.
 */
import {
  type AddressAnswer,
  type AddressQuery,
  lookUpAddress,
  type SocketAddress,
} from "../../sys/addrinfo.ts";
import { CommandError } from "../cli/errors.ts";

export type Lookup = (query: AddressQuery) => AddressAnswer;

/**
 * All addresses to try, in order; at least one.
 *
 * A numeric host is taken as it is. Else the host's canonical name is looked up and then resolved, so that an alias
 * that points to different machines in turn is followed once.
 *
 * @param service port number or service name
 * @param family `inet`, `inet6`, `prefer-inet`, `prefer-inet6`, `all`; anything else acts as `auto`
 * @param program the name in messages
 * @throws CommandError if there is no address, or the family rule forbids the choice
 */
export function resolveHost(
  host: string,
  service: string,
  family: string,
  program: string,
  lookup: Lookup = lookUpAddress,
): SocketAddress[] {
  const only = family === "inet" || family === "inet6" ? family : undefined;
  const preferred = family.startsWith("prefer-") ? family.slice("prefer-".length) : undefined;
  if (preferred !== undefined && preferred !== "inet" && preferred !== "inet6") {
    throw new CommandError(`${program}: Invalid preferred family ${family}`);
  }

  let answer = lookup({ host, service, family: only, numeric: true });
  if ("error" in answer) {
    const named = lookup({ host, service, family: only, canonicalName: true });
    if ("error" in named) {
      throw new CommandError(`${program}: could not get canonical name for ${host}: ${named.error}`);
    }
    const canonical = named.canonicalName ?? host;
    answer = lookup({ host: canonical, service, family: only });
    if ("error" in answer) {
      throw new CommandError(
        `${program}: could not resolve canonical name ${canonical} for ${host}: ${answer.error}`,
      );
    }
  }

  const addresses = answer.addresses.filter((address) => only === undefined || address.family === only);
  if (addresses.length === 0) {
    throw new CommandError(
      `${program}: could not get canonical name for ${host}: no ${only ?? "IP"} address`,
    );
  }
  if (preferred !== undefined) {
    return [
      ...addresses.filter((address) => address.family === preferred),
      ...addresses.filter((address) => address.family !== preferred),
    ];
  }
  if (only === undefined && family !== "all" && new Set(addresses.map((a) => a.family)).size > 1) {
    throw new CommandError(
      `${program}: host has both IPv4 and IPv6 addresses, use --family to specify behavior`,
    );
  }
  return addresses;
}
