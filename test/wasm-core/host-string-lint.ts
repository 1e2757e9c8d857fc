/**
 * Checks a host string against the contract with stock clients (display.md 4): only what a stock server uses or a
 * stock client is known to understand, nothing that makes it abort, nothing it would ignore or misread.
 */

/** Finals of CSI functions without private marker that are allowed, with the most parameters they take. */
const CSI_FINALS: Record<string, number> = {
  A: 1,
  B: 1,
  C: 1,
  D: 1,
  G: 1,
  H: 2,
  d: 1,
  J: 1,
  K: 1,
  X: 1,
  S: 1,
  T: 1,
};
const MORE_CSI_FINALS: Record<string, number> = { L: 1, M: 1, P: 1, "@": 1, r: 2 };
/** Private modes that may be set and reset. */
const MODES = [5, 9, 25, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1015, 2004];

/** What is wrong with the string, empty if nothing. `text` for messages is the string as latin1. */
export function lintHostString(bytes: Uint8Array): string[] {
  const wrong: string[] = [];
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return ["not UTF-8, or ends in the middle of a character"];
  }
  let margins = "";
  const chars = [...text];
  let first = true;
  for (let i = 0; i < chars.length; i++) {
    const char = chars[i]!;
    const code = char.codePointAt(0)!;
    if (char !== "\x1b") {
      if (code < 0x20 && !"\x07\x08\x0a\x0d".includes(char)) wrong.push(`control ${code.toString(16)}`);
      if (code === 0x7f || (code >= 0x80 && code < 0xa0)) wrong.push(`control ${code.toString(16)}`);
      if (first && code > 0x7f && /[\p{Mn}\p{Me}]/u.test(char))
        wrong.push("starts with a zero-width character");
      if (code !== 7) first = false;
      continue;
    }
    const next = chars[i + 1];
    if (next === "M") {
      i++;
    } else if (next === "[") {
      let end = i + 2;
      while (end < chars.length && !/[@-~]/.test(chars[end]!)) end++;
      const parameters = chars.slice(i + 2, end).join("");
      const final = chars[end] ?? "";
      wrong.push(...lintCsi(parameters, final));
      if (final === "r") margins = parameters;
      i = end;
    } else if (next === "]") {
      let end = i + 2;
      while (end < chars.length && !/[\x07\x1b\x9c]/.test(chars[end]!)) end++;
      if (chars[end] !== "\x07") wrong.push("OSC not closed by BEL");
      wrong.push(...lintOsc(chars.slice(i + 2, end)));
      i = end;
    } else wrong.push(`ESC ${next ?? "at the end"}`);
    first = false;
  }
  if (margins !== "") wrong.push(`margins ${margins} left set`);
  return wrong;
}

function lintCsi(parameters: string, final: string): string[] {
  if (final === "") return ["ends in the middle of a sequence"];
  const shown = `CSI ${parameters} ${final}`;
  if (parameters.length > 100) return [`${shown}: too long`];
  if (parameters.startsWith("?")) {
    const modes = parameters.slice(1).split(";").map(Number);
    return (final === "h" || final === "l") && modes.every((mode) => MODES.includes(mode)) ? [] : [shown];
  }
  if (!/^[0-9;]*$/.test(parameters)) return [shown];
  const values = parameters.split(";");
  if (final === "m") return lintSgr(values) ? [] : [shown];
  const most = CSI_FINALS[final] ?? MORE_CSI_FINALS[final];
  if (most === undefined || values.length > most) return [shown];
  return values.every((value) => Number(value) <= 65535) ? [] : [shown];
}

/** True if every parameter is one that stock knows, complete. */
function lintSgr(values: string[]): boolean {
  for (let i = 0; i < values.length; i++) {
    const v = Number(values[i] || 0);
    if (v === 38 || v === 48) {
      const kind = Number(values[i + 1]);
      const parts = values.slice(i + 2, i + (kind === 5 ? 3 : 5));
      if (kind !== 5 && kind !== 2) return false;
      if (parts.length !== (kind === 5 ? 1 : 3)) return false;
      if (parts.some((part) => part === "" || Number(part) > 255)) return false;
      i += kind === 5 ? 2 : 4;
    } else if (
      ![0, 1, 3, 4, 5, 7, 8, 22, 23, 24, 25, 27, 28, 39, 49].includes(v) &&
      !(v >= 30 && v <= 37) &&
      !(v >= 40 && v <= 47) &&
      !(v >= 90 && v <= 97) &&
      !(v >= 100 && v <= 107)
    ) {
      return false;
    }
  }
  return true;
}

function lintOsc(chars: string[]): string[] {
  const text = chars.join("");
  if (/[\x00-\x1f\x80-\x9f]/.test(text)) return [`OSC with a control: ${JSON.stringify(text)}`];
  const clipboard = /^52;c;(.*)$/s.exec(text);
  if (clipboard) {
    if (clipboard[1]!.includes("?")) return ["clipboard request"];
    return chars.length > 16384 ? ["clipboard too long"] : [];
  }
  if (!/^[012];/.test(text)) return [`OSC ${text.slice(0, 10)}`];
  return chars.length > 256 ? ["title too long"] : [];
}
