/**
 * From bytes to functions: the UTF-8 decoder (terminal.md 2) and the VT500 state machine over code points (terminal.md
 * 3), with fast paths for what terminals are mostly fed: text and complete control sequences.
 *
 * The fast paths run in ground only and give up, without having touched anything, on whatever is cut off, ill-formed
 * or unusual; the byte-wise machine takes it from there. Every byte string is legal input. Called through the ABI.
 *
 * Differences of the host role: colons are parameter characters, up to 256 parameter characters are kept and whole
 * parameters only, numbers saturate, ill-formed UTF-8 gives one U+FFFD for each maximal subpart, DCS strings are
 * collected (dcs.ts), and CAN and SUB cancel an OSC instead of carrying it out.
 */
import { dcsEnd } from "./dcs";
import { dispatchCsi, dispatchEscape, executeControl } from "./dispatch";
import { ROLE_REPAIR_D1, T_ROLE } from "./layout";
import { oscEnd } from "./osc";
import { Parameters, parseParameters, setParameterRole } from "./params";
import { forgetPrinted, printCodePoint } from "./print";
import { isHost } from "./screen";
import { selectGraphicRendition } from "./sgr";
import { beginSkipping, endSkipping, skipDue, skipScrolledOut } from "./skip";
import {
  COLLECT_OVERFLOW,
  PARAM_TEXT_CUT,
  PARAM_TEXT_LIMIT,
  PARAM_TEXT_LIMIT_HOST,
  STATE_CSI_ENTRY,
  STATE_CSI_IGNORE,
  STATE_CSI_INTERMEDIATE,
  STATE_CSI_PARAM,
  STATE_DCS_ENTRY,
  STATE_DCS_INTERMEDIATE,
  STATE_DCS_PARAM,
  STATE_DCS_STRING,
  STATE_ESCAPE,
  STATE_ESCAPE_INTERMEDIATE,
  STATE_GROUND,
  STATE_IGNORED_STRING,
  STATE_OSC,
  T_COLLECT,
  T_DCS_KEY,
  T_PARAM_LENGTH,
  T_PARAM_TEXT,
  T_STATE,
  T_UTF8_LENGTH,
  T_UTF8_SEEN,
  T_UTF8_VALUE,
} from "./state";
import { appendCharacter, appendRun, beginString, endString } from "./strings";
import { beginText, canPrintText, isMixed, printAscii, printMixed } from "./text";

const REPLACEMENT: u32 = 0xfffd;

/** Feeds `length` bytes at `p` to terminal `t`. */
export function feed(t: usize, p: usize, length: usize): void {
  const end = p + length;
  setParameterRole(isHost(t));
  beginSkipping(t, p);
  parse(t, p, end);
  endSkipping(t, end);
}

function parse(t: usize, p: usize, end: usize): void {
  while (p < end) {
    if (load<u8>(t, T_UTF8_LENGTH) == 0) {
      const state = <u32>load<u8>(t, T_STATE);
      if (state == STATE_GROUND) p = ground(t, p, end);
      else if (state == STATE_OSC || state == STATE_DCS_STRING) p = appendRun(t, p, end);
      else if (state == STATE_IGNORED_STRING) p = skipIgnored(p, end);
      if (p >= end) return;
    }
    decodeByte(t, <u32>load<u8>(p));
    p++;
  }
}

// ---- fast paths

/** Consumes as much as it understands at a glance; returns where the byte-wise machine must go on. */
function ground(t: usize, p: usize, end: usize): usize {
  const host = isHost(t);
  while (p < end) {
    if (p >= skipDue) p = skipScrolledOut(t, p, end);
    const b = <u32>load<u8>(p);
    if (b - 0x20 < 0x5f || b >= 0x80) {
      if (!canPrintText(t)) return p;
      // Replica: ill-formed input has stock's number of U+FFFD, which the byte-wise machine knows.
      if (!host && b >= 0x80 && decodeAt(p, end) == 0) return p;
      const mixed = isMixed(t, p);
      if (beginText(t, b < 0x80)) {
        const begin = p;
        const stop = min(end, skipDue);
        p = mixed ? printMixed(t, p, stop) : printAscii(t, p, stop);
        if (p >= end) return p;
        // Other text where mixed text stopped is what it cannot do.
        if (!mixed || (p != begin && load<i8>(p) >= 0)) continue;
      }
      // One character by all the rules: it joins another, is a control, needs a new row or is not all there.
      const decoded = decodeAt(p, end);
      const cp = decoded & 0x1fffff;
      if (cp < 0xa0) return p;
      printCodePoint(t, cp);
      p += <usize>(decoded >> 24);
    } else if (b == 0x1b) {
      const q = wholeCsi(t, p, end);
      if (q == p) return p;
      p = q;
    } else {
      // DEL prints nothing, but in a set of 96 it is a character.
      if (b == 0x7f) printCodePoint(t, b);
      else executeControl(t, b);
      p++;
    }
  }
  return p;
}

/** Bytes of a character at most. */
const LONGEST: usize = 6;

/**
 * To the next byte that may end an ignored string: ESC, CAN, SUB, or C2, which the C1 controls begin with. Not to the
 * very end, for a character that is cut off there.
 */
function skipIgnored(p: usize, end: usize): usize {
  for (; p + LONGEST < end; p++) {
    const b = <u32>load<u8>(p);
    if (b == 0x1b || b == 0x18 || b == 0x1a || b == 0xc2) break;
  }
  return p;
}

/** A complete CSI sequence at `p` of the common form: one private marker at most, parameters, final. */
function wholeCsi(t: usize, p: usize, end: usize): usize {
  if (p + 3 > end || load<u8>(p, 1) != 0x5b) return p;
  let q = p + 2;
  let key: u32 = 0;
  const marker = <u32>load<u8>(q);
  if (marker - 0x3c < 4) {
    key = marker << 8;
    q++;
  }
  const final = Parameters.scan(q, end);
  if (final == 0) return p;
  const c = <u32>load<u8>(final);
  if (c - 0x40 >= 0x3f) return p;
  key |= c;
  // SGR, half of all there is, at once.
  if (key == 0x6d) {
    forgetPrinted(t);
    selectGraphicRendition(t);
  } else {
    dispatchCsi(t, key);
  }
  return final + 1;
}

// ---- bytes to code points (terminal.md 2)

/**
 * A whole, well-formed UTF-8 sequence at `p`: code point in bits 0..20, length in bits 24... 0 if it is cut off or
 * ill-formed; the byte-wise decoder takes those.
 */
function decodeAt(p: usize, end: usize): u32 {
  const a = <u32>load<u8>(p);
  if (a < 0xe0) {
    if (a < 0xc2 || p + 2 > end) return 0;
    const b = <u32>load<u8>(p, 1) ^ 0x80;
    return b < 0x40 ? ((a & 0x1f) << 6) | b | 0x02000000 : 0;
  }
  if (a < 0xf0) {
    if (p + 3 > end) return 0;
    const b = <u32>load<u8>(p, 1) ^ 0x80;
    const c = <u32>load<u8>(p, 2) ^ 0x80;
    if ((b | c) >= 0x40) return 0;
    const cp = ((a & 15) << 12) | (b << 6) | c;
    return cp < 0x800 || cp - 0xd800 < 0x800 ? 0 : cp | 0x03000000;
  }
  if (a > 0xf4 || p + 4 > end) return 0;
  const b = <u32>load<u8>(p, 1) ^ 0x80;
  const c = <u32>load<u8>(p, 2) ^ 0x80;
  const d = <u32>load<u8>(p, 3) ^ 0x80;
  if ((b | c | d) >= 0x40) return 0;
  const cp = ((a & 7) << 18) | (b << 12) | (c << 6) | d;
  return cp - 0x10000 < 0x100000 ? cp | 0x04000000 : 0;
}

/** Length of a sequence by its lead byte as glibc has it: up to six bytes; 0 = no lead byte. */
function sequenceLength(b: u32): u32 {
  if (b < 0xc2) return 0;
  if (b < 0xe0) return 2;
  if (b < 0xf0) return 3;
  if (b < 0xf8) return 4;
  if (b < 0xfc) return 5;
  return b < 0xfe ? 6 : 0;
}

/** Smallest value a sequence of `length` bytes may have: anything below is over-long. */
function smallestValue(length: u32): u32 {
  return length == 2 ? 0x80 : 1 << (length * 5 - 4);
}

function decodeByte(t: usize, b: u32): void {
  const length = <u32>load<u8>(t, T_UTF8_LENGTH);
  if (length == 0) {
    startCharacter(t, b);
    return;
  }
  if ((b & 0xc0) != 0x80) {
    // One U+FFFD for all that was pending, and a fresh look at this byte.
    store<u8>(t, 0, T_UTF8_LENGTH);
    step(t, REPLACEMENT);
    startCharacter(t, b);
    return;
  }
  const value = (load<u32>(t, T_UTF8_VALUE) << 6) | (b & 0x3f);
  const seen = <u32>load<u8>(t, T_UTF8_SEEN) + 1;
  if (seen == 2 && isHost(t) && !canContinue(length, value)) {
    store<u8>(t, 0, T_UTF8_LENGTH);
    step(t, REPLACEMENT);
    startCharacter(t, b);
    return;
  }
  store<u32>(t, value, T_UTF8_VALUE);
  store<u8>(t, <u8>seen, T_UTF8_SEEN);
  if (seen < length) return;
  store<u8>(t, 0, T_UTF8_LENGTH);
  if (value < smallestValue(length) || value - 0xd800 < 0x800) {
    // The value is wrong: U+FFFD for the bytes before the last one, and one for the last one alone.
    step(t, REPLACEMENT);
    step(t, REPLACEMENT);
  } else {
    step(t, value > 0x10ffff ? REPLACEMENT : value);
  }
}

/**
 * Host role: whether the first two bytes of a sequence can become a character. So there is one U+FFFD for each maximal
 * subpart of an ill-formed sequence, as Unicode 3.9 recommends (and as the web does it); stock has glibc's number.
 */
function canContinue(length: u32, value: u32): bool {
  if (length == 3) return value >= 0x20 && value - 0x360 >= 0x20;
  return length != 4 || (value >= 0x10 && value <= 0x10f);
}

function startCharacter(t: usize, b: u32): void {
  if (b < 0x80) {
    step(t, b);
    return;
  }
  const length = b > 0xf4 && isHost(t) ? 0 : sequenceLength(b);
  if (length == 0) {
    step(t, REPLACEMENT);
    return;
  }
  store<u8>(t, <u8>length, T_UTF8_LENGTH);
  store<u8>(t, 1, T_UTF8_SEEN);
  store<u32>(t, b & (0x7f >> length), T_UTF8_VALUE);
}

// ---- code points to functions (terminal.md 3)

function setState(t: usize, state: u32): void {
  store<u8>(t, <u8>state, T_STATE);
}

/** Entry of escape, CSI entry and DCS entry. */
function clearSequence(t: usize, state: u32): void {
  store<u32>(t, 0, T_COLLECT);
  store<u32>(t, 0, T_PARAM_LENGTH);
  setState(t, state);
}

/** No function has more than two private and intermediate characters. */
function collect(t: usize, c: u32): void {
  const collected = load<u32>(t, T_COLLECT);
  store<u32>(t, collected > 0xff ? COLLECT_OVERFLOW : (collected << 8) | c, T_COLLECT);
}

function param(t: usize, c: u32): void {
  const length = load<u32>(t, T_PARAM_LENGTH);
  const host = isHost(t);
  if (<i32>length >= (host ? PARAM_TEXT_LIMIT_HOST : PARAM_TEXT_LIMIT)) {
    if (host && !(length & PARAM_TEXT_CUT)) cutParameters(t, length);
    return;
  }
  store<u8>(t + <usize>length, <u8>c, T_PARAM_TEXT);
  store<u32>(t, length + 1, T_PARAM_LENGTH);
}

/** Host role: of a list that is too long only whole parameters count, so that none changes its meaning. */
function cutParameters(t: usize, length: u32): void {
  let end = length;
  while (end > 0 && <u32>load<u8>(t + <usize>(end - 1), T_PARAM_TEXT) - 0x3a >= 2) end--;
  store<u32>(t, (end > 0 ? end - 1 : length) | PARAM_TEXT_CUT, T_PARAM_LENGTH);
}

/** Key of the function that ends with `final`; final characters beyond 7E make it unknown. */
function keyOf(t: usize, final: u32): u32 {
  return (load<u32>(t, T_COLLECT) << 8) | (final > 0x7e ? 0xff : final);
}

/** One code point. */
function step(t: usize, cp: u32): void {
  const state = <u32>load<u8>(t, T_STATE);
  if (cp == 0x1b || cp == 0x18 || cp == 0x1a || cp - 0x80 < 0x20) {
    anywhere(t, state, cp);
    return;
  }
  // Step 2: beyond the C1 controls a code point is classified as a letter.
  const c: u32 = cp >= 0xa0 ? 0x41 : cp;
  const control = c < 0x20;
  switch (state) {
    case STATE_GROUND:
      if (control) executeControl(t, c);
      else printCodePoint(t, cp);
      break;
    case STATE_ESCAPE:
      if (control) executeControl(t, c);
      else if (c < 0x30) {
        collect(t, c);
        setState(t, STATE_ESCAPE_INTERMEDIATE);
      } else if (c < 0x7f) escapeFinal(t, cp);
      break;
    case STATE_ESCAPE_INTERMEDIATE:
      if (control) executeControl(t, c);
      else if (c < 0x30) collect(t, c);
      else if (c < 0x7f) {
        setState(t, STATE_GROUND);
        dispatchEscape(t, keyOf(t, cp));
      }
      break;
    case STATE_CSI_ENTRY:
    case STATE_CSI_PARAM:
    case STATE_CSI_INTERMEDIATE:
    case STATE_CSI_IGNORE:
      if (control) executeControl(t, c);
      else csi(t, state, c, cp);
      break;
    case STATE_OSC:
      if (c == 0x07) {
        setState(t, STATE_GROUND);
        oscEnd(t);
      } else if (!control) appendCharacter(t, cp);
      break;
    case STATE_DCS_ENTRY:
    case STATE_DCS_PARAM:
    case STATE_DCS_INTERMEDIATE:
      dcs(t, state, c);
      break;
    case STATE_DCS_STRING:
      if (c != 0x7f) appendCharacter(t, cp);
      break;
  }
}

/** Step 1: what counts in every state. */
function anywhere(t: usize, state: u32, cp: u32): void {
  setState(t, STATE_GROUND);
  const cancelled = cp == 0x18 || cp == 0x1a;
  if (state == STATE_OSC) {
    if (cancelled && isHost(t)) endString(t);
    else oscEnd(t);
  } else if (state == STATE_DCS_STRING) {
    if (cancelled) endString(t);
    else dcsEnd(t);
  }
  switch (cp) {
    case 0x1b:
      clearSequence(t, STATE_ESCAPE);
      break;
    case 0x90:
      enterDcs(t);
      break;
    case 0x98:
    case 0x9e:
    case 0x9f:
      setState(t, STATE_IGNORED_STRING);
      break;
    case 0x9b:
      clearSequence(t, STATE_CSI_ENTRY);
      break;
    case 0x9c:
      break;
    case 0x9d:
      enterOsc(t);
      break;
    default:
      executeControl(t, cp);
  }
}

function enterOsc(t: usize): void {
  setState(t, STATE_OSC);
  beginString(t);
}

function enterDcs(t: usize): void {
  if (isHost(t)) clearSequence(t, STATE_DCS_ENTRY);
  else setState(t, STATE_IGNORED_STRING);
}

/** The character after ESC that is neither a control nor an intermediate. */
function escapeFinal(t: usize, cp: u32): void {
  setState(t, STATE_GROUND);
  switch (cp) {
    case 0x5b:
      clearSequence(t, STATE_CSI_ENTRY);
      break;
    case 0x5d:
      enterOsc(t);
      break;
    case 0x50:
      enterDcs(t);
      break;
    case 0x58:
    case 0x5e:
    case 0x5f:
      setState(t, STATE_IGNORED_STRING);
      break;
    case 0x5c:
      // ST. For a repairing replica it leaves pending wrap alone (display.md 8).
      if (!(load<u32>(t, T_ROLE) & ROLE_REPAIR_D1)) dispatchEscape(t, cp);
      break;
    default:
      dispatchEscape(t, keyOf(t, cp));
  }
}

/** A graphic character inside a CSI sequence. */
function csi(t: usize, state: u32, c: u32, cp: u32): void {
  if (c >= 0x40) {
    if (c == 0x7f) return;
    setState(t, STATE_GROUND);
    if (state == STATE_CSI_IGNORE) return;
    parseParameters(t + T_PARAM_TEXT, <usize>(load<u32>(t, T_PARAM_LENGTH) & ~PARAM_TEXT_CUT));
    dispatchCsi(t, keyOf(t, cp));
  } else if (state == STATE_CSI_IGNORE) {
    return;
  } else if (c < 0x30) {
    collect(t, c);
    setState(t, STATE_CSI_INTERMEDIATE);
  } else if (state == STATE_CSI_INTERMEDIATE) {
    setState(t, STATE_CSI_IGNORE);
  } else if (c == 0x3a && !isHost(t)) {
    setState(t, STATE_CSI_IGNORE);
  } else if (c < 0x3c) {
    param(t, c);
    setState(t, STATE_CSI_PARAM);
  } else if (state == STATE_CSI_ENTRY) {
    collect(t, c);
    setState(t, STATE_CSI_PARAM);
  } else {
    setState(t, STATE_CSI_IGNORE);
  }
}

/** A character of the head of a DCS (host role); the same grammar as CSI. */
function dcs(t: usize, state: u32, c: u32): void {
  if (c < 0x20 || c == 0x7f) return;
  if (c >= 0x40) {
    store<u32>(t, keyOf(t, c), T_DCS_KEY);
    setState(t, STATE_DCS_STRING);
    beginString(t);
  } else if (c < 0x30) {
    collect(t, c);
    setState(t, STATE_DCS_INTERMEDIATE);
  } else if (state == STATE_DCS_INTERMEDIATE || (c >= 0x3c && state == STATE_DCS_PARAM)) {
    setState(t, STATE_IGNORED_STRING);
  } else if (c < 0x3c) {
    param(t, c);
    setState(t, STATE_DCS_PARAM);
  } else {
    collect(t, c);
    setState(t, STATE_DCS_PARAM);
  }
}
