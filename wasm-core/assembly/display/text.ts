/**
 * Titles and clipboard as OSC strings. Used by frame.ts.
 *
 * What goes out is only what the contract allows (display.md 4 (10, 11)): no C0 or C1 control inside, titles of at
 * most 254 code points (D7), a clipboard of at most 16379, closed by BEL. A clipboard request ("?") is never passed
 * on: the user's terminal would answer it with the clipboard's contents as if they had been typed.
 */
import { textLength, textPtr } from "../memory";
import { decodeUtf8, utf8Length } from "../unicode";
import { putByte, putBytes, putEscape, putNumber } from "./output";

const TITLE_LIMIT: i32 = 254;
const CLIPBOARD_LIMIT: i32 = 16379;
const BEL: u8 = 0x07;
const SEMICOLON: u8 = 0x3b;

/** Writes at most `limit` code points of a text, controls left out. */
function putFiltered(text: usize, limit: i32): void {
  let p = textPtr(text);
  const end = p + <usize>textLength(text);
  let from = p;
  for (let count = 0; p < end && count < limit; ) {
    const codePoint = decodeUtf8(p);
    const length = utf8Length(codePoint);
    if (codePoint < 0x20 || (codePoint >= 0x80 && codePoint < 0xa0)) {
      if (p > from) putBytes(from, <i32>(p - from));
      from = p + <usize>length;
    } else count++;
    p += length;
  }
  if (p > from) putBytes(from, <i32>(p - from));
}

/** OSC number ; text BEL: 0 icon name and title, 1 icon name, 2 title. */
export function putTitle(number: u32, text: usize): void {
  putEscape(0x5d);
  putNumber(number);
  putByte(SEMICOLON);
  putFiltered(text, TITLE_LIMIT);
  putByte(BEL);
}

/** OSC 52 ; c ; text BEL, unless it is a request. */
export function putClipboard(text: usize): void {
  const bytes = textPtr(text);
  const length = textLength(text);
  for (let i = 0; i < length; i++) if (load<u8>(bytes + <usize>i) == 0x3f) return;
  putEscape(0x5d);
  putNumber(52);
  putByte(SEMICOLON);
  putByte(0x63);
  putByte(SEMICOLON);
  putFiltered(text, CLIPBOARD_LIMIT);
  putByte(BEL);
}
