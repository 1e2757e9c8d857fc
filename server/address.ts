/** Numeric addresses and UDP port ranges, as `-i` and `-p` take them. Pure; called by cli.ts and udp.ts. */

/** Inclusive; low 0 lets the operating system choose. */
export interface PortRange {
  readonly low: number;
  readonly high: number;
}

/** Where a server without `-p` looks for a free port [P 5.11]. */
export const DEFAULT_PORTS: PortRange = { low: 60001, high: 60999 };

const MAX_PORT = 65535;

/** Parses `PORT` or `PORT:PORT2`; a string is the fault in stock's words. */
export function parsePortRange(text: string): PortRange | string {
  const colon = text.indexOf(":");
  const low = parseInteger(colon < 0 ? text : text.slice(0, colon));
  if (low === undefined) return `Invalid (low) port number (${text})`;
  if (low < 0 || low > MAX_PORT) return `(Low) port number ${low} outside valid range [0..${MAX_PORT}]`;
  if (colon < 0) return { low: Number(low), high: Number(low) };

  const highText = text.slice(colon + 1);
  const high = parseInteger(highText);
  if (high === undefined) return `Invalid high port number (${highText})`;
  if (high < 0 || high > MAX_PORT) return `High port number ${high} outside valid range [0..${MAX_PORT}]`;
  if (low > high) return `Low port ${low} greater than high port ${high}`;
  if (low === 0n) return "Low port 0 incompatible with port ranges";
  return { low: Number(low), high: Number(high) };
}

/**
 * strtol(3) in base 10 over the whole text: blanks and a sign may lead, an empty text is 0, what does not fit 64 bits
 * is no number.
 */
function parseInteger(text: string): bigint | undefined {
  if (text === "") return 0n;
  const digits = /^[ \t-\r]*\+?(-?\d+)$/.exec(text)?.[1];
  if (digits === undefined) return undefined;
  const value = BigInt(digits);
  return BigInt.asIntN(64, value) === value ? value : undefined;
}

/**
 * True for an IPv4 or IPv6 address in numbers; an IPv6 one may name its interface (`fe80::1%eth0`). Not node:net's
 * isIP: importing that costs 7 ms, more than the rest of the start.
 */
export function isNumericAddress(text: string): boolean {
  const parts = text.split(".");
  if (parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)) return true;
  const address = text.replace(/%[^%]+$/, "");
  return /^[\da-fA-F:.]*:[\da-fA-F:.]*$/.test(address) && URL.canParse(`http://[${address}]/`);
}
