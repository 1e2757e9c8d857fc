/**
 * Is this the host we mean? Judges the key a host has shown by the known_hosts files, asks the person about an unknown
 * one, remembers an accepted one, refuses a changed one. The questions are ssh's, word for word where people know them.
 */
import { appendFileSync, chmodSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { CommandError } from "../../cli/errors.ts";
import {
  fingerprint,
  judgeHostKey,
  type KnownHostLine,
  keyType,
  keyTypeName,
  knownHostName,
  knownHostsEntry,
  knownKeyTypes,
  parseKnownHosts,
  type Verdict,
} from "./known-hosts.ts";
import type { Prompter } from "./prompt.ts";
import type { SshConfig } from "./ssh-config.ts";

type HostKeyConfig = Pick<
  SshConfig,
  | "originalHost"
  | "hostName"
  | "port"
  | "hostKeyAlias"
  | "userKnownHosts"
  | "globalKnownHosts"
  | "strictHostKeyChecking"
  | "hashKnownHosts"
  | "batchMode"
>;

/** Algorithms by which each type of key proves itself; SHA-1 is not among them. */
const ALGORITHMS: readonly (readonly [type: string, algorithms: readonly string[]])[] = [
  ["ssh-ed25519", ["ssh-ed25519"]],
  ["ecdsa-sha2-nistp256", ["ecdsa-sha2-nistp256"]],
  ["ecdsa-sha2-nistp384", ["ecdsa-sha2-nistp384"]],
  ["ecdsa-sha2-nistp521", ["ecdsa-sha2-nistp521"]],
  ["ssh-rsa", ["rsa-sha2-512", "rsa-sha2-256"]],
];

export class HostKeyCheck {
  readonly #config: HostKeyConfig;
  readonly #program: string;
  readonly #notify: (text: string) => void;
  readonly #lines: readonly KnownHostLine[];

  /**
   * Reads the known_hosts files; a missing one is an empty one.
   *
   * @param notify takes what is worth a line to the person, without newline
   */
  constructor(config: HostKeyConfig, program: string, notify: (text: string) => void) {
    this.#config = config;
    this.#program = program;
    this.#notify = notify;
    this.#lines = [...config.userKnownHosts, ...config.globalKnownHosts].flatMap((file) => {
      try {
        return parseKnownHosts(readFileSync(file, "utf8"), file);
      } catch {
        return [];
      }
    });
  }

  /** The name the key is listed under. */
  get #name(): string {
    return this.#config.hostKeyAlias ?? this.#config.hostName;
  }

  get #port(): number {
    return this.#config.hostKeyAlias === undefined ? this.#config.port : 22;
  }

  /** The algorithms to ask for: those of keys we know this host by first, so that it shows one we can judge. */
  algorithms(): string[] {
    const known = knownKeyTypes(this.#lines, this.#name, this.#port);
    const ordered = [
      ...ALGORITHMS.filter(([type]) => known.includes(type)),
      ...ALGORITHMS.filter(([type]) => !known.includes(type)),
    ];
    return ordered.flatMap(([, algorithms]) => algorithms);
  }

  /**
   * Returns if the key is, or was made, a good one.
   *
   * @param key as in the protocol
   * @param address numeric, for the question
   * @param prompter undefined: there is nobody to ask
   * @throws CommandError that says why not, and what to do
   */
  async verify(key: Uint8Array, address: string, prompter: Prompter | undefined): Promise<void> {
    const type = keyType(key);
    if (type === undefined) throw this.#refuse("The host showed a malformed key.");
    const verdict = judgeHostKey(this.#lines, this.#name, this.#port, type, key);
    switch (verdict.kind) {
      case "known":
        return;
      case "revoked":
        throw this.#refuse(
          `The ${keyTypeName(type)} key of ${this.#name} (${fingerprint(key)}) is marked as revoked in ` +
            `${verdict.line.place}. Somebody may be posing as the host.`,
        );
      case "changed":
        throw this.#refuse(this.#changedText(type, key, verdict.line));
      case "authority":
        throw this.#refuse(
          `${verdict.line.place} trusts ${this.#name} by a certificate authority, which the embedded ssh ` +
            "cannot check. Use the system's ssh (--ssh=ssh), or add the host's own key to known_hosts.",
        );
      case "unknown":
        await this.#askAndRemember(type, key, address, verdict, prompter);
    }
  }

  async #askAndRemember(
    type: string,
    key: Uint8Array,
    address: string,
    verdict: Extract<Verdict, { kind: "unknown" }>,
    prompter: Prompter | undefined,
  ): Promise<void> {
    const strict = this.#config.strictHostKeyChecking;
    if (strict === "yes") {
      throw this.#refuse(
        `No ${keyTypeName(type)} host key is known for ${this.#name} and you have requested strict checking ` +
          `(StrictHostKeyChecking). Its key is ${fingerprint(key)}.`,
      );
    }
    if (strict === "ask") {
      if (prompter === undefined || this.#config.batchMode) {
        throw this.#refuse(
          `The ${keyTypeName(type)} key of ${this.#name} (${fingerprint(key)}) is not known, and there is no ` +
            "terminal to ask on. Add it to known_hosts, or log in once from a terminal.",
        );
      }
      await this.#ask(type, key, address, verdict, prompter);
    }
    this.#remember(type, key);
  }

  async #ask(
    type: string,
    key: Uint8Array,
    address: string,
    verdict: Extract<Verdict, { kind: "unknown" }>,
    prompter: Prompter,
  ): Promise<void> {
    const print = fingerprint(key);
    const name =
      this.#name === address
        ? knownHostName(address, this.#port)
        : `${knownHostName(this.#name, this.#port)} (${address})`;
    const others =
      verdict.otherTypes.length > 0
        ? `\nbut keys of different type are already known for this host (${verdict.otherTypes[0]!.place}).`
        : ".";
    const names =
      verdict.otherNames.length === 0
        ? "This key is not known by any other names.\n"
        : `This host key is known by the following other names/addresses:\n${verdict.otherNames
            .map(
              (line) => `    ${line.place}: ${line.hosts.startsWith("|") ? "[hashed name]" : line.hosts}\n`,
            )
            .join("")}`;
    prompter.tell(
      `The authenticity of host '${name}' can't be established${others}\n` +
        `${keyTypeName(type)} key fingerprint is ${print}.\n${names}`,
    );
    let question = "Are you sure you want to continue connecting (yes/no/[fingerprint])? ";
    for (;;) {
      const answer = (await prompter.ask(question, { echo: true }))?.trim();
      if (answer === undefined || answer.toLowerCase() === "no") throw this.#refuse(undefined);
      if (answer.toLowerCase() === "yes" || answer === print) return;
      question = "Please type 'yes', 'no' or the fingerprint: ";
    }
  }

  #remember(type: string, key: Uint8Array): void {
    const file = this.#config.userKnownHosts[0];
    if (file === undefined || file === "/dev/null") return;
    const entry = knownHostsEntry(this.#name, this.#port, type, key, { hash: this.#config.hashKnownHosts });
    try {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      const present = existsSync(file) ? readFileSync(file, "utf8") : undefined;
      appendFileSync(
        file,
        `${present === undefined || present === "" || present.endsWith("\n") ? "" : "\n"}${entry}\n`,
        { mode: 0o600 },
      );
      if (present === undefined) chmodSync(file, 0o600);
    } catch (error) {
      this.#notify(
        `Failed to add the host to the list of known hosts (${file}): ${(error as Error).message}`,
      );
      return;
    }
    this.#notify(
      `Warning: Permanently added '${knownHostName(this.#name, this.#port)}' (${keyTypeName(type)}) to the list of known hosts.`,
    );
  }

  #changedText(type: string, key: Uint8Array, line: KnownHostLine): string {
    const bar = "@".repeat(59);
    return [
      bar,
      "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @",
      bar,
      "IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!",
      "Someone could be eavesdropping on you right now (man-in-the-middle attack)!",
      "It is also possible that a host key has just been changed.",
      `The fingerprint for the ${keyTypeName(type)} key sent by the remote host is`,
      `${fingerprint(key)}.`,
      `The key expected for ${knownHostName(this.#name, this.#port)} is in ${line.place}.`,
      "If you know that the host's key was changed, remove that line:",
      `  ssh-keygen -f '${line.place.replace(/:\d+$/, "")}' -R '${knownHostName(this.#name, this.#port)}'`,
    ].join("\n");
  }

  #refuse(reason: string | undefined): CommandError {
    const text = `${this.#program}: Host key verification failed.`;
    return new CommandError(reason === undefined ? text : `${reason}\n${text}`);
  }
}
