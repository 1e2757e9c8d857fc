/**
 * Checks the value of `--port`: the UDP port or port range the server shall use. The text itself is what the server
 * gets; this only refuses what cannot be right, before anybody types a password.
 */

const MAX_PORT = 65535;

/**
 * @param value `digits` or `digits:digits`
 * @returns the rule that is broken; undefined if none is
 */
export function portsFault(value: string): string | undefined {
  const match = /^([0-9]+)(?::([0-9]+))?$/.exec(value);
  if (match === null) return `Server-side port or range (${value}) is not valid.`;
  const low = Number(match[1]);
  if (low > MAX_PORT) {
    return `Server-side (low) port (${match[1]}) must be within valid range [0..${MAX_PORT}].`;
  }
  if (match[2] === undefined) return undefined;
  const high = Number(match[2]);
  if (high < 1 || high > MAX_PORT) {
    return `Server-side high port (${match[2]}) must be within valid range [1..${MAX_PORT}].`;
  }
  if (low === 0) return `Server-side port ranges may not be used with starting port 0 (${value}).`;
  if (low > high) return `Server-side port range (${value}): low port greater than high port.`;
  return undefined;
}

/** Is the value a range (so that an old server may not understand it)? */
export function isPortRange(value: string | undefined): boolean {
  return value?.includes(":") ?? false;
}
