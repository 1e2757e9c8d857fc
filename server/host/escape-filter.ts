/** The escape key of a session that is shown over a stream, as the client has it. Used by `attach --here` and the gateway. */

/** Ctrl-^, then a period, leaves; Ctrl-^ twice, or with a caret, sends Ctrl-^. */
const ESCAPE = 0x1e;
const LEAVE = 0x2e;
const CARET = 0x5e;

/** Finds the person's wish to leave among the keys. */
export class EscapeFilter {
  #escaped = false;

  /** What goes to the session, and whether the person leaves. */
  filter(bytes: Uint8Array): { readonly pass: Uint8Array; readonly leave: boolean } {
    const pass: number[] = [];
    for (const byte of bytes) {
      if (!this.#escaped) {
        if (byte === ESCAPE) this.#escaped = true;
        else pass.push(byte);
        continue;
      }
      this.#escaped = false;
      if (byte === LEAVE) return { pass: Uint8Array.from(pass), leave: true };
      if (byte === ESCAPE || byte === CARET) pass.push(ESCAPE);
      else pass.push(ESCAPE, byte);
    }
    return { pass: Uint8Array.from(pass), leave: false };
  }
}
