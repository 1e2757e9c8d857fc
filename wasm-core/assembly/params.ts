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

/** Most digits of a number that the fast path reads; longer ones are left to the other. */
const FAST_DIGITS: u32 = 4;

/** For loops that must not call anything: a static method can be inlined for certain. */
export class Parameters {
  /**
   * Parses digits and `;` from `text` up to the first other character; returns its address. 0 if `end` comes first, the
   * text is longer than the shortest limit or a number is unusual: then parseParameters has to do it. Eight bytes behind
   * `end` are readable.
   *
   * A number is taken in one piece, without a loop over its digits: how many there are is what nobody can predict.
   */
  // @ts-ignore: decorator
  @inline static scan(text: usize, end: usize): usize {
    const stop = min(end, text + 101);
    let at = VALUES;
    let p = text;
    // 38;2; and its like at once: two numbers that most colours begin with.
    const prefix = load<u32>(text);
    if ((prefix & 0xf8fffff8) == 0x303b3830 && load<u8>(text, 4) == 0x3b) {
      store<i32>(at, <i32>((prefix & 7) * 10 + 8));
      store<i32>(at, <i32>((prefix >> 24) & 7), 4);
      at += 8;
      p += 5;
    }
    while (p < stop) {
      const digits = load<u64>(p) ^ 0x3030303030303030;
      // The top bit of each byte that is no digit, that is, not 0 to 9 now.
      const others = (((digits & 0x7f7f7f7f7f7f7f7f) + 0x7676767676767676) | digits) & 0x8080808080808080;
      const bits = <u32>ctz(others) & 0x78;
      if (bits > FAST_DIGITS << 3) return 0;
      // The digits to the top of 32 bits: thousands lowest, zeros before the first. Then in pairs, then both.
      const four = <u32>((digits & 0xffffffff) << (32 - bits));
      const pairs = (four & 0x00ff00ff) * 10 + ((four >> 8) & 0x00ff00ff);
      const value = (pairs & 0xffff) * 100 + (pairs >> 16);
      store<i32>(at, bits ? <i32>value : -1);
      at += 4;
      p += bits >> 3;
      if (p >= stop) return 0;
      if (load<u8>(p) != 0x3b) {
        count = <i32>((at - VALUES) >> 2);
        colons = false;
        return p;
      }
      p++;
    }
    return 0;
  }
}
