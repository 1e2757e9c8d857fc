/**
 * Operating system commands: titles, clipboard, links (terminal.md 13). Called by parser.ts when an OSC string ends.
 *
 * Differences of the host role: numbers may have several digits, OSC 52 takes any selection and no query is ever
 * forwarded, OSC 8 sets the pen's link, titles keep 254 code points in every form. Colours (4, 10…19, 104…), the
 * working directory (7), notifications (9, 777), prompt marks (133) and the rest are parsed and ignored, queries among
 * them too: what they ask for is known only to the user's terminal, far away.
 */
import { T_CLIPBOARD, T_LINEAGE, T_PEN } from "./layout";
import {
  internLink,
  internStyle,
  styleAttributes,
  styleBackground,
  styleForeground,
  styleUnderlineColor,
} from "./lineage";
import { newText } from "./memory";
import { isHost } from "./screen";
import { TITLE_LIMIT } from "./state";
import { endString, stringByte, stringBytes, stringPtr } from "./strings";
import { replaceText, setTitles } from "./titles";

const SEMICOLON: u32 = 0x3b;

/** Offset of the byte after the first `count` characters of the string, or its end. */
function charactersEnd(t: usize, count: u32): u32 {
  const bytes = stringBytes(t);
  const p = stringPtr(t);
  let i: u32 = 0;
  let chars: u32 = 0;
  for (; i < bytes; i++) {
    if ((load<u8>(p + <usize>i) & 0xc0) == 0x80) continue;
    if (chars == count) return i;
    chars++;
  }
  return i;
}

/** The title from byte `start` on; `limit` characters of the whole string count. */
function titleCommand(t: usize, command: u32, start: u32, limit: u32): void {
  if (command > 2) return;
  const end = charactersEnd(t, limit);
  const length = end > start ? <i32>(end - start) : 0;
  setTitles(t, command != 2, command != 1, stringPtr(t) + <usize>start, length);
}

/** Carries out the collected string and forgets it. */
export function oscEnd(t: usize): void {
  if (stringBytes(t) > 0) {
    if (isHost(t)) hostCommand(t);
    else replicaCommand(t);
  }
  endString(t);
}

/** Exactly stock: the string is examined character by character (terminal.md 13). */
function replicaCommand(t: usize): void {
  if (startsWithClipboard(t)) setClipboard(t, 5);
  else if (stringByte(t, 0) == SEMICOLON) titleCommand(t, 0, 1, TITLE_LIMIT);
  else if (stringByte(t, 1) == SEMICOLON) titleCommand(t, stringByte(t, 0) - 0x30, 2, TITLE_LIMIT);
}

/** `52;c;` */
function startsWithClipboard(t: usize): bool {
  if (stringBytes(t) < 5) return false;
  const p = stringPtr(t);
  return load<u32>(p) == 0x633b3235 && load<u8>(p, 4) == SEMICOLON;
}

function setClipboard(t: usize, start: u32): void {
  replaceText(t, T_CLIPBOARD, newText(stringPtr(t) + <usize>start, <i32>(stringBytes(t) - start)));
}

// vt: OSC 0 1 2 · OSC n ; text · icon name and title, icon name, title
// vt: OSC 8 · OSC 8 ; params ; url · hyperlink of the characters that follow · host only
// vt: OSC 52 · OSC 52 ; selection ; base64 · clipboard · replica: selection c only, any text · host: any selection, queries ignored
function hostCommand(t: usize): void {
  let i: u32 = 0;
  let command: u32 = 0;
  while (stringByte(t, i) - 0x30 < 10 && i < 6) command = command * 10 + stringByte(t, i++) - 0x30;
  if (stringByte(t, i) != SEMICOLON) return;
  const start = i + 1;
  if (command <= 2) titleCommand(t, command, start, start + 254);
  else if (command == 8) setLink(t, start);
  else if (command == 52) hostClipboard(t, start);
}

/** Position of the next semicolon from `from` on, or the end. */
function findSemicolon(t: usize, from: u32): u32 {
  let i = from;
  while (i < stringBytes(t) && stringByte(t, i) != SEMICOLON) i++;
  return i;
}

/** Base64 text of any selection; a `?` (the question for the contents) never leaves the machine. */
function hostClipboard(t: usize, start: u32): void {
  const separator = findSemicolon(t, start);
  if (separator >= stringBytes(t)) return;
  for (let i = separator + 1; i < stringBytes(t); i++) {
    const c = stringByte(t, i);
    const letter = (c | 0x20) - 0x61 < 26;
    const digit = c - 0x30 < 10;
    if (!letter && !digit && c != 0x2b && c != 0x2f && c != 0x3d) return;
  }
  setClipboard(t, separator + 1);
}

/** Parameters and URL, both of 20..7E only; an empty URL ends the link. */
function setLink(t: usize, start: u32): void {
  const separator = findSemicolon(t, start);
  const bytes = stringBytes(t);
  if (separator >= bytes) return;
  for (let i = start; i < bytes; i++) if (stringByte(t, i) - 0x20 >= 0x5f) return;
  const lineage = <usize>load<u32>(t, T_LINEAGE);
  const p = stringPtr(t);
  const link = internLink(
    lineage,
    p + <usize>start,
    <i32>(separator - start),
    p + <usize>(separator + 1),
    <i32>(bytes - separator - 1),
  );
  const pen = load<u32>(t, T_PEN);
  const style = internStyle(
    lineage,
    styleForeground(lineage, pen),
    styleBackground(lineage, pen),
    styleUnderlineColor(lineage, pen),
    styleAttributes(lineage, pen),
    link,
  );
  store<u32>(t, style, T_PEN);
}
