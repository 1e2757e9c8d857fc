/**
 * One channel of an ssh connection: a terminal or none, some variables, and then a command or a shell. Commands for a
 * server are answered here, with the host's help; a shell is the menu and what was chosen there. Called by connection.ts.
 */
import type { ServerChannel } from "ssh2";
import type { Environment } from "../../sys/environment.ts";
import type { Account } from "../account.ts";
import type { ServerOptions } from "../cli.ts";
import type { Command } from "../host/cli.ts";
import { EscapeFilter } from "../host/escape-filter.ts";
import { renderList } from "../host/list.ts";
import type {
  EndpointReply,
  HostConnection,
  SessionInfo,
  SessionRequest,
  SessionStream,
  Size,
} from "../host/messages.ts";
import { chooseLocale } from "../locale.ts";
import { planExec } from "./exec-line.ts";
import { isFull, room } from "./flow.ts";
import { type Choice, choose, menuText } from "./menu.ts";

/** Keys that may wait here for a program that does not read, bytes. While they do, Ctrl-C and the escape key get past them. */
const MOST_KEYS_WAITING = 2 * 1024 * 1024;

export interface SessionContext {
  readonly account: Account;
  /** What the key's `command="…"` runs instead of whatever was asked for. */
  readonly forced: string | undefined;
  /** SSH_CONNECTION. */
  readonly sshConnection: string;
  /** Variables that every session begins with. */
  readonly environment: Environment;
  readonly connectHost: () => Promise<HostConnection>;
  readonly openStream: (path: string, token: string, size: Size) => Promise<SessionStream>;
  /** Runs a line in the user's shell, without a terminal; undefined: that is not allowed here. */
  readonly runLine: ((line: string, environment: Environment, channel: ServerChannel) => void) | undefined;
}

/** What the client has said of its terminal and its environment. */
export interface Asked {
  readonly size: Size | undefined;
  readonly environment: Environment;
}

/** Colors to announce for a terminal of that name. */
function colorsOf(term: string | undefined): number {
  return term && /256color|xterm|kitty|alacritty|tmux|screen/.test(term) ? 256 : 0;
}

export class GatewaySession {
  readonly #context: SessionContext;
  readonly #channel: ServerChannel;
  readonly #asked: Asked;
  #size: Size;
  #stream: SessionStream | undefined;
  /** Takes what is typed. */
  #typed: (bytes: Buffer) => void = () => {};
  #closed = false;
  /** What was asked for where the key has a command of its own. */
  #original: string | undefined;

  constructor(context: SessionContext, channel: ServerChannel, asked: Asked) {
    this.#context = context;
    this.#channel = channel;
    this.#asked = asked;
    this.#size = asked.size ?? { cols: 80, rows: 24 };
    channel.on("data", (bytes: Buffer) => this.#typed(bytes));
    channel.on("close", () => {
      this.#closed = true;
      this.#stream?.close();
    });
    channel.on("error", () => {});
  }

  resized(size: Size): void {
    this.#size = size;
    this.#stream?.resize(size);
  }

  /** A command was asked for, or with `undefined` a shell. */
  async run(asked: string | undefined): Promise<void> {
    try {
      if (this.#context.forced !== undefined) this.#original = asked;
      await this.#run(this.#context.forced ?? asked);
    } catch (error) {
      this.#finish(`sterna: ${(error as Error).message}\n`, 1);
    }
  }

  async #run(line: string | undefined): Promise<void> {
    if (line === undefined) {
      if (this.#asked.size) await this.#menu();
      else await this.#list();
      return;
    }
    const plan = planExec(line, this.#context.sshConnection);
    if (plan.kind === "text") {
      this.#print(plan.out);
      this.#finish(plan.err, plan.status);
      return;
    }
    if (plan.kind === "other") {
      if (this.#context.runLine) {
        this.#context.runLine(line, this.#variables, this.#channel);
        return;
      }
      this.#finish(
        "sterna: this gateway starts sessions; it runs no other commands. Ask for a session (sterna or mosh), or log in without a command.\n",
        127,
      );
      return;
    }
    if (plan.tellConnection) this.#print(`\nMOSH SSH_CONNECTION ${this.#context.sshConnection}\n`);
    if (plan.kind === "command") await this.#command(plan.command, plan.environment);
    else {
      const { options, messages } = plan.invocation;
      for (const message of messages) this.#complain(`${message}\n`);
      const reply = await this.#ask((host) =>
        host.request({ op: "new", ...this.#user, ...this.#session(options, plan.environment) }),
      );
      if (reply) this.#announce(reply);
    }
  }

  // ---- commands

  async #command(command: Command, environment: Environment): Promise<void> {
    switch (command.kind) {
      case "help":
        this.#print(`${command.text}\n`);
        return this.#finish("", 0);
      case "error":
        return this.#finish(`${command.messages.join("\n")}\n`, 1);
      case "top":
        return this.#finish("sterna: top is for whoever is on the machine.\n", 1);
      case "list":
        if (command.all || command.user !== undefined)
          return this.#finish("sterna: over ssh you see your own sessions.\n", 1);
        return this.#list(command.json);
      case "attach": {
        const { name, readOnly, orNew, here, options } = command;
        const { address, ports } = options;
        const reply = await this.#ask((host) =>
          host.request({
            op: "attach",
            ...this.#user,
            readOnly,
            ...(name === undefined ? {} : { name }),
            ...(orNew ? { orNew: this.#session(options, environment) } : {}),
            ...(here ? { stream: { size: this.#size } } : {}),
            ...(address === undefined ? {} : { address }),
            ...(ports === undefined ? {} : { ports }),
          }),
        );
        if (reply?.stream) await this.#show(reply, () => this.#finish("", 0));
        else if (reply) this.#announce(reply);
        return;
      }
      default: {
        const { user: _, ...rest } = command;
        const request =
          rest.kind === "rename"
            ? { op: rest.kind, name: rest.name, to: rest.to, ...this.#user }
            : { op: rest.kind, name: rest.name, ...this.#user };
        const host = await this.#context.connectHost();
        const reply = await host.request(request);
        host.close();
        this.#finish(reply.ok ? "" : `sterna: ${reply.message}\n`, reply.ok ? 0 : 1);
      }
    }
  }

  /** Of a command in the user's shell. */
  get #variables(): Environment {
    const { environment, sshConnection } = this.#context;
    const [address, port, , own] = sshConnection.split(" ");
    return {
      ...environment,
      ...this.#asked.environment,
      SSH_CONNECTION: sshConnection,
      SSH_CLIENT: `${address} ${port} ${own}`,
      ...(this.#original === undefined ? {} : { SSH_ORIGINAL_COMMAND: this.#original }),
    };
  }

  get #user(): { user: string } {
    return { user: this.#context.account.name };
  }

  #session(options: ServerOptions, assigned: Environment): SessionRequest {
    const { name, address, ports, command, colors, locale } = options;
    const environment = { ...this.#context.environment, ...this.#asked.environment, ...assigned };
    return {
      ...(name === undefined ? {} : { name }),
      ...(address === undefined ? {} : { address }),
      ...(ports === undefined ? {} : { ports }),
      ...(command === undefined ? {} : { command }),
      colors,
      environment: {
        ...chooseLocale(environment, locale).environment,
        SSH_CONNECTION: this.#context.sshConnection,
      },
      size: this.#size,
      from: this.#context.sshConnection.split(" ")[0]!,
    };
  }

  /** The reply, or undefined after the refusal was told. */
  async #ask(
    ask: (host: HostConnection) => ReturnType<HostConnection["request"]>,
  ): Promise<EndpointReply | undefined> {
    const host = await this.#context.connectHost();
    const reply = (await ask(host)) as EndpointReply | { ok: false; message: string };
    host.close();
    if (reply.ok) return reply;
    this.#finish(`mosh-server: ${reply.message}\n`, 1);
    return undefined;
  }

  #announce(reply: EndpointReply): void {
    for (const line of reply.messages ?? []) this.#complain(`${line}\n`);
    const { port, key } = reply.endpoint!;
    this.#print(`\nMOSH CONNECT ${port} ${key}\n`);
    this.#finish(`\n[session ${reply.session} ${reply.attached ? "taken up again" : "created"}]\n`, 0);
  }

  async #sessions(): Promise<readonly SessionInfo[]> {
    const host = await this.#context.connectHost();
    const reply = await host.request({ op: "list", ...this.#user });
    host.close();
    if (!reply.ok) throw new Error(reply.message);
    return reply.sessions;
  }

  async #list(json = false): Promise<void> {
    const sessions = await this.#sessions();
    this.#print(
      json ? `${JSON.stringify(sessions)}\n` : renderList(sessions, { now: Date.now(), users: false }),
    );
    this.#finish("", 0);
  }

  // ---- a shell: the menu, and sessions over a stream

  async #menu(): Promise<void> {
    const sessions = await this.#sessions();
    if (this.#closed) return;
    this.#channel.write(menuText(sessions, Date.now()));
    const { promise, resolve } = Promise.withResolvers<Choice>();
    this.#typed = (bytes) => {
      for (const byte of bytes) {
        const choice = choose(byte, sessions);
        if (!choice) continue;
        this.#typed = () => {};
        resolve(choice);
        return;
      }
    };
    // Nothing can be chosen any more.
    if (this.#channel.readableEnded) resolve({ kind: "quit" });
    else this.#channel.once("end", () => resolve({ kind: "quit" }));
    await this.#do(await promise);
  }

  async #do(choice: Choice): Promise<void> {
    if (choice.kind === "quit") return this.#finish("", 0);
    const host = await this.#context.connectHost();
    const stream = { size: this.#size };
    const term = this.#asked.environment.TERM;
    const orNew = this.#session(
      {
        name: undefined,
        address: undefined,
        ports: undefined,
        command: undefined,
        colors: colorsOf(term),
        locale: [],
        standalone: false,
        verbose: 0,
      },
      {},
    );
    const reply = await host.request(
      choice.kind === "attach"
        ? { op: "attach", ...this.#user, name: choice.name, stream }
        : { op: "attach", ...this.#user, name: await this.#freeName(host), orNew, stream },
    );
    host.close();
    if (!reply.ok) {
      this.#channel.write(`sterna: ${reply.message}\r\n\r\n`);
      return this.#menu();
    }
    await this.#show(reply, (left) => {
      if (choice.kind === "plain") void this.#kill(reply.session);
      if (this.#closed) return;
      if (left && choice.kind !== "plain") void this.#menu().catch(() => this.#finish("", 1));
      else this.#finish("", 0);
    });
  }

  /** A name that no session has: sessions made from the menu are to stay. */
  async #freeName(host: HostConnection): Promise<string> {
    const reply = await host.request({ op: "list", ...this.#user });
    const taken = new Set(reply.ok ? reply.sessions.map(({ name }) => name) : []);
    let number = 1;
    while (taken.has(`ssh-${number}`)) number++;
    return `ssh-${number}`;
  }

  async #kill(name: string): Promise<void> {
    try {
      const host = await this.#context.connectHost();
      await host.request({ op: "kill", name, ...this.#user });
      host.close();
    } catch {
      // The host is gone, and the session with it.
    }
  }

  /** Shows a session until it ends or the person leaves it. @param after told whether the person left */
  async #show(reply: EndpointReply, after: (left: boolean) => void): Promise<void> {
    const { path, token } = reply.stream!;
    const stream = await this.#context.openStream(path, token, this.#size);
    const channel = this.#channel;
    this.#stream = stream;
    let left = false;
    let paused = false;
    stream.onOutput = (bytes) => {
      if (this.#closed) return;
      channel.write(Buffer.from(bytes));
      if (paused || !isFull(channel)) return;
      paused = true;
      stream.pause();
      void room(channel).then(() => {
        paused = false;
        stream.resume();
      });
    };
    stream.onEnded = () => {
      this.#stream = undefined;
      channel.resume();
      this.#typed = () => {};
      after(left);
    };
    stream.onDrained = () => channel.resume();
    const keys = new EscapeFilter();
    this.#typed = (bytes) => {
      const { pass, leave } = keys.filter(bytes);
      stream.keys(pass);
      // The client of ssh keeps what the program does not read.
      if (stream.backlog > MOST_KEYS_WAITING) channel.pause();
      if (!leave) return;
      left = true;
      stream.close();
    };
    if (this.#closed) stream.close();
  }

  // ---- output

  /** On a terminal each line feed also returns the carriage, as the terminal's driver would have it. */
  #text(text: string): string {
    return this.#asked.size ? text.replaceAll("\n", "\r\n") : text;
  }

  #print(text: string): void {
    if (!this.#closed && text !== "") this.#channel.write(this.#text(text));
  }

  #complain(text: string): void {
    if (this.#closed || text === "") return;
    // With a terminal there is one stream, as under a real one.
    if (this.#asked.size) this.#channel.write(this.#text(text));
    else this.#channel.stderr.write(text);
  }

  #finish(complaint: string, status: number): void {
    this.#complain(complaint);
    if (this.#closed) return;
    this.#channel.exit(status);
    this.#channel.end();
  }
}
