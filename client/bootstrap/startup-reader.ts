/**
 * Reads what ssh and the server say while a session starts, line by line, and finds the three lines of the protocol:
 * `MOSH IP`, `MOSH SSH_CONNECTION` and `MOSH CONNECT`. All other lines go on to the user: that is how messages of ssh
 * and of the server are seen. Bytes in, bytes out; no process, no clock.
 *
 * The bytes come from another machine: anything may stand in them, at any length.
 */
import { isIP } from "node:net";
import { CommandError } from "../cli/errors.ts";

/** Where the server waits. The key is a secret: it must not reach any output. */
export interface Startup {
  /** Numeric, without brackets; an IPv6 address may have a zone (`fe80::1%eth0`). */
  readonly ip: string;
  readonly port: number;
  /** 22 characters of base64. */
  readonly key: string;
}

export interface StartupReaderOptions {
  /** The name in messages. */
  readonly program: string;
  /** The host as the user named it, for messages. */
  readonly host: string;
  /** Did the user ask for a port range? Servers before 1.2.4 refuse one. */
  readonly portRange: boolean;
  /** Takes lines that are not ours, newline included. */
  readonly print: (line: Uint8Array) => void;
  /** Takes warnings, without newline. */
  readonly warn: (text: string) => void;
  /** The session that was to be taken up again, if one was. */
  readonly attach?: string | undefined;
  /** The address, if it is known before (remote-ip method `local`). */
  readonly ip?: string;
}

/** No line of the protocol is near this long; a longer one passes through in pieces. */
const MAX_LINE_BYTES = 16_384;
const NEWLINE = 0x0a;
/** A run of base64 as long as half a key or more may be one that was cut or glued to something. */
const POSSIBLE_KEY = /[A-Za-z0-9/+=]{11,}/g;

export class StartupReader {
  readonly #options: StartupReaderOptions;
  #pending: Uint8Array = new Uint8Array(0);
  /** The rest of an overlong line is passing through. */
  #insideLongLine = false;
  #ip: string | undefined;
  #sshConnectionIp: string | undefined;
  #connect: { port: number; key: string } | undefined;
  #badUdpPort = false;

  constructor(options: StartupReaderOptions) {
    this.#options = options;
    this.#ip = options.ip;
  }

  /** True once `MOSH CONNECT` was read: what comes after is not for the user. */
  get done(): boolean {
    return this.#connect !== undefined;
  }

  /**
   * Takes bytes as they come.
   *
   * @throws CommandError for a line of the protocol that is malformed or comes twice
   */
  push(chunk: Uint8Array): void {
    let start = 0;
    while (!this.done) {
      const newline = chunk.indexOf(NEWLINE, start);
      const end = newline < 0 ? chunk.length : newline + 1;
      const piece = chunk.subarray(start, end);
      start = end;
      if (newline < 0) {
        this.#keep(piece);
        return;
      }
      this.#line(this.#pending.length === 0 ? piece : Buffer.concat([this.#pending, piece]));
      this.#pending = new Uint8Array(0);
    }
  }

  /** The stream has ended: a last line without newline counts, and gets one. @throws CommandError as push does */
  end(): void {
    if (!this.done && this.#pending.length > 0)
      this.#line(Buffer.concat([this.#pending, Buffer.of(NEWLINE)]));
    this.#pending = new Uint8Array(0);
  }

  /** Ends the reading and gives the result. @throws CommandError that says what is missing */
  finish(): Startup {
    this.end();
    const { program, host } = this.#options;
    if (this.#ip === undefined) {
      if (this.#sshConnectionIp === undefined) {
        throw new CommandError(`${program}: Did not find remote IP address (is SSH ProxyCommand disabled?).`);
      }
      this.#options.warn(
        `${program}: Using remote IP address ${this.#sshConnectionIp} from $SSH_CONNECTION for hostname ${host}`,
      );
      this.#ip = this.#sshConnectionIp;
    }
    if (this.#connect === undefined) {
      throw new CommandError(`${program}: ${this.#whyNoConnect()}`);
    }
    return { ip: this.#ip, ...this.#connect };
  }

  #whyNoConnect(): string {
    if (this.#badUdpPort) return "Server does not support UDP port range option.";
    const { attach } = this.#options;
    return attach === undefined
      ? "Did not find mosh server startup message. (Have you installed mosh on your server?)"
      : `The server did not give the session "${attach}".`;
  }

  #keep(piece: Uint8Array): void {
    if (this.#pending.length + piece.length <= MAX_LINE_BYTES) {
      this.#pending = Buffer.concat([this.#pending, piece]);
      return;
    }
    this.#options.print(this.#pending);
    this.#options.print(piece);
    this.#pending = new Uint8Array(0);
    this.#insideLongLine = true;
  }

  #line(bytes: Uint8Array): void {
    if (this.#insideLongLine) {
      this.#insideLongLine = false;
      this.#options.print(bytes);
      return;
    }
    const line = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
    if (line.startsWith("MOSH IP ")) this.#ipLine(line);
    else if (line.startsWith("MOSH SSH_CONNECTION ")) this.#sshConnectionLine(line);
    else if (line.startsWith("MOSH CONNECT ")) this.#connectLine(line);
    else {
      if (this.#options.portRange && line.includes("Bad UDP port")) this.#badUdpPort = true;
      this.#options.print(bytes);
    }
  }

  #ipLine(line: string): void {
    const ip = /^MOSH IP ([^ \t\r\n\f\v]+)[ \t\r\n\f\v]*$/.exec(line)?.[1];
    if (ip === undefined || !isNumericAddress(ip)) {
      throw new CommandError(
        `Bad MOSH IP string: ${shown(line)}\nExpected "MOSH IP" and a numeric IP address.`,
      );
    }
    if (this.#ip !== undefined) {
      throw new CommandError(`${this.#options.program} error: detected attempt to redefine MOSH IP.`);
    }
    this.#ip = ip;
  }

  #sshConnectionLine(line: string): void {
    const words = line.split(/[ \t\r\n\f\v]+/).filter((word) => word !== "");
    const ip = words[4]?.replace(/^::ffff:(?=[0-9.]+$)/i, "");
    if (words.length !== 6 || ip === undefined || !isNumericAddress(ip)) {
      throw new CommandError(
        `Bad MOSH SSH_CONNECTION string: ${shown(line)}\nExpected client address and port, server address and port.`,
      );
    }
    this.#sshConnectionIp = ip;
  }

  #connectLine(line: string): void {
    const match = /^MOSH CONNECT ([0-9]{1,5}) ([A-Za-z0-9/+]{22})[ \t\r\n\f\v]*$/.exec(line);
    const port = Number(match?.[1]);
    if (match === null || port < 1 || port > 65535) {
      throw new CommandError(
        `Bad MOSH CONNECT string: ${shown(line)}\nExpected "MOSH CONNECT", a UDP port and a key of 22 characters.`,
      );
    }
    this.#connect = { port, key: match[2]! };
  }
}

function isNumericAddress(text: string): boolean {
  return isIP(text.replace(/%[\w.-]+$/, "")) !== 0;
}

/** A line for a message: no newline, no control characters, cut, and without anything that could be a key. */
function shown(line: string): string {
  const text = line.replace(/[\r\n]+$/, "").replace(/[^\x20-\x7e]/g, "?");
  const prefix = /^MOSH \w+ /.exec(text)?.[0] ?? "";
  const rest = text.slice(prefix.length, prefix.length + 200);
  return prefix + rest.replace(POSSIBLE_KEY, (run) => `<${run.length} characters>`);
}
