/** UTF-8 of single code points. Strict decoding of streams is the parser's; here all input is known to be well-formed. */

/** Bytes of the UTF-8 form of a code point. */
export function utf8Length(codePoint: u32): i32 {
  return codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
}

/** Writes a code point at `p`, returns the number of bytes (1..4). */
export function encodeUtf8(p: usize, codePoint: u32): i32 {
  if (codePoint < 0x80) {
    store<u8>(p, <u8>codePoint);
    return 1;
  }
  if (codePoint < 0x800) {
    store<u8>(p, <u8>(0xc0 | (codePoint >> 6)));
    store<u8>(p, <u8>(0x80 | (codePoint & 63)), 1);
    return 2;
  }
  if (codePoint < 0x10000) {
    store<u8>(p, <u8>(0xe0 | (codePoint >> 12)));
    store<u8>(p, <u8>(0x80 | ((codePoint >> 6) & 63)), 1);
    store<u8>(p, <u8>(0x80 | (codePoint & 63)), 2);
    return 3;
  }
  store<u8>(p, <u8>(0xf0 | (codePoint >> 18)));
  store<u8>(p, <u8>(0x80 | ((codePoint >> 12) & 63)), 1);
  store<u8>(p, <u8>(0x80 | ((codePoint >> 6) & 63)), 2);
  store<u8>(p, <u8>(0x80 | (codePoint & 63)), 3);
  return 4;
}

/** The code point at `p`, which must be well-formed. */
export function decodeUtf8(p: usize): u32 {
  const lead: u32 = load<u8>(p);
  if (lead < 0x80) return lead;
  if (lead < 0xe0) return ((lead & 31) << 6) | (load<u8>(p, 1) & 63);
  if (lead < 0xf0) {
    return ((lead & 15) << 12) | ((<u32>load<u8>(p, 1) & 63) << 6) | (load<u8>(p, 2) & 63);
  }
  const high = ((lead & 7) << 18) | ((<u32>load<u8>(p, 1) & 63) << 12);
  return high | ((<u32>load<u8>(p, 2) & 63) << 6) | (load<u8>(p, 3) & 63);
}
