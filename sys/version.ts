/** The version, for `--version` of every program here and for nothing else. */
import { version } from "../package.json" with { type: "json" };

/** The version of Mosh whose protocol and command lines these programs have. */
const MOSH_VERSION = "1.4.0";

/**
 * First line of `--version`, without newline. Under one of stock's names it begins as stock's does, since scripts take
 * the protocol's version from there.
 *
 * @param program base name the program was called by
 */
export function versionLine(program: string): string {
  if (program === "mosh") return `mosh ${MOSH_VERSION} [sterna ${version}]`;
  if (/^mosh-(client|server)$/.test(program)) return `${program} (mosh ${MOSH_VERSION}) [sterna ${version}]`;
  return `${program} ${version} (protocol of mosh ${MOSH_VERSION})`;
}
