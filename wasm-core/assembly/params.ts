/**
 * Parameters of the control sequence being dispatched: parsed once from their text into a fixed table.
 *
 * The text comes either straight from the input (parser.ts, fast path) or from what was kept across reads. One
 * terminal is fed at a time, so one table serves all.
 */

/** Values beyond this count as absent in the replica (terminal.md 3.1), as this in the host role: a limit is a limit. */
const VALUE_LIMIT: u32 = 65535;

const VALUES: usize = memory.data(1040, 16);
/** One byte a parameter: 1 if it follows a colon, that is, belongs to the parameter before it. */
const JOINED: usize = memory.data(260, 16);

/** What a value beyond the limit becomes: absent or the limit. Set for the terminal that is being fed. */
let overflow: i32 = -1;
let count: i32 = 0;
let colons: bool = false;

/** Says for which role the parameters that follow are parsed. */
export function setParameterRole(host: bool): void {
  overflow = host ? <i32>VALUE_LIMIT : -1;
}

function valueOf(digits: bool, value: u32): i32 {
  if (!digits) return -1;
  return value <= VALUE_LIMIT ? <i32>value : overflow;
}

/** Number of parameters, at least 1; sub-parameters count. */
export function parameterCount(): i32 {
  return count;
}

/** Whether the sequence has sub-parameters (colons). */
export function hasSubParameters(): bool {
  return colons;
}

/** Value of parameter `i`, -1 if absent. */
export function rawParameter(i: i32): i32 {
  return i < count ? load<i32>(VALUES + ((<usize>i) << 2)) : -1;
}

/** Whether parameter `i` follows a colon. */
export function isSubParameter(i: i32): bool {
  return colons && i < count && load<u8>(JOINED + <usize>i) != 0;
}

/** get(i, d) of terminal.md 3.1: the default if absent or less than 1. */
export function parameter(i: i32, otherwise: i32): i32 {
  const value = rawParameter(i);
  return value < 1 ? otherwise : value;
}

/** Parses `length` characters (digits, `;` and in the host role `:`) at `text`. At most PARAM_TEXT_LIMIT_HOST. */
export function parseParameters(text: usize, length: usize): void {
  let n: i32 = 0;
  let value: u32 = 0;
  let digits = false;
  colons = false;
  store<u8>(JOINED, 0);
  const end = text + length;
  for (let p = text; p < end; p++) {
    const c = <u32>load<u8>(p);
    const digit = c - 0x30;
    if (digit < 10) {
      value = value * 10 + digit;
      if (value > VALUE_LIMIT) value = VALUE_LIMIT + 1;
      digits = true;
    } else {
      store<i32>(VALUES + ((<usize>n) << 2), valueOf(digits, value));
      n++;
      value = 0;
      digits = false;
      const joined = c == 0x3a;
      if (joined) colons = true;
      store<u8>(JOINED + <usize>n, <u8>joined);
    }
  }
  store<i32>(VALUES + ((<usize>n) << 2), valueOf(digits, value));
  count = n + 1;
}

/** Digits of a number that the fast path reads; longer ones and those beyond the limit are left to the other. */
const FAST_DIGITS: usize = 5;

/**
 * Parses digits and `;` from `text` up to the first other character; returns its address. 0 if `end` comes first, the
 * text is longer than the shortest limit or a number is unusual: then parseParameters has to do it.
 */
export function scanParameters(text: usize, end: usize): usize {
  const stop = min(end, text + 101);
  let at = VALUES;
  let value: u32 = 0;
  let start = text;
  for (let p = text; p < stop; p++) {
    const c = <u32>load<u8>(p);
    const digit = c - 0x30;
    if (digit < 10) {
      value = value * 10 + digit;
      continue;
    }
    if (p - start > FAST_DIGITS || value > VALUE_LIMIT) return 0;
    store<i32>(at, p == start ? -1 : <i32>value);
    at += 4;
    if (c != 0x3b) {
      count = <i32>((at - VALUES) >> 2);
      colons = false;
      return p;
    }
    value = 0;
    start = p + 1;
  }
  return 0;
}
