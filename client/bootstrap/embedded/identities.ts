/**
 * The keys a person can log in with: those of the agent and those in files. A file's passphrase is asked for only when
 * the host has said that it would take the key.
 */
import { readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { BaseAgent, createAgent, type ParsedKey, utils } from "ssh2";
import type { Prompter } from "./prompt.ts";
import type { SshConfig } from "./ssh-config.ts";

/** One key. */
export interface Identity {
  /** For messages: the file's path or the agent's comment. */
  readonly label: string;
  /** The public key; undefined if it cannot be had (the person gave no passphrase). */
  publicKey(): Promise<ParsedKey | undefined>;
  /** @param hash for RSA: `sha256` or `sha512` @throws Error if it cannot sign */
  sign(data: Buffer, hash: string | undefined): Promise<Buffer>;
}

type IdentityConfig = Pick<
  SshConfig,
  "identityFiles" | "identityFilesNamed" | "identitiesOnly" | "agent" | "batchMode" | "passwordPrompts"
>;

const OPENSSH_MAGIC = "openssh-key-v1\0";

/**
 * The keys in the order to offer them: named ones that the agent holds, the agent's others, then files.
 *
 * @param prompter undefined: nobody to ask for a passphrase
 * @param notify takes what is worth a line to the person, without newline
 */
export async function findIdentities(
  config: IdentityConfig,
  prompter: Prompter | undefined,
  notify: (text: string) => void,
): Promise<Identity[]> {
  const files = config.identityFiles
    .map((path) => readKeyFile(path, config, prompter, notify))
    .filter((file) => file !== undefined);
  const held = config.agent === undefined ? [] : await agentIdentities(config.agent);
  const blobs = new Map(held.map((identity) => [identity.blob, identity]));

  const named = files.map((file) => blobs.get(file.blob ?? "")).filter((identity) => identity !== undefined);
  const others = config.identitiesOnly ? [] : held.filter((identity) => !named.includes(identity));
  const onDisk = files.filter((file) => file.blob === undefined || !blobs.has(file.blob));
  return [...named, ...others, ...onDisk.filter((file) => file.hasPrivate)];
}

interface AgentIdentity extends Identity {
  /** The public key in base64. */
  readonly blob: string;
}

/** The agent's keys; none if it does not answer. Certificates and hardware keys are not among them. */
async function agentIdentities(socket: string): Promise<AgentIdentity[]> {
  const agent = createAgent(socket);
  const keys = await new Promise<ParsedKey[]>((resolve) => {
    agent.getIdentities((error, found) => resolve(error || !found ? [] : (found as ParsedKey[])));
  });
  return keys.map((key) => ({
    label: key.comment || `${key.type} of the agent`,
    blob: key.getPublicSSH().toString("base64"),
    publicKey: async () => key,
    sign: (data, hash) =>
      new Promise((resolve, reject) => {
        const options = hash === undefined ? {} : { hash: hash as "sha256" | "sha512" };
        agent.sign(key, data, options, (error, signature) => {
          if (error || !signature) reject(error ?? new Error("the agent gave no signature"));
          else resolve(signature);
        });
      }),
  }));
}

interface FileIdentity extends Identity {
  /** The public key in base64, if it is known without a passphrase. */
  readonly blob: string | undefined;
  readonly hasPrivate: boolean;
}

function readKeyFile(
  path: string,
  config: IdentityConfig,
  prompter: Prompter | undefined,
  notify: (text: string) => void,
): FileIdentity | undefined {
  const publicText = readText(`${path}.pub`);
  const text = readText(path);
  if (text === undefined && publicText === undefined) {
    if (config.identityFilesNamed) notify(`Identity file ${path} is not accessible: no such file.`);
    return undefined;
  }
  if (text !== undefined && openToOthers(path)) {
    notify(
      `Permissions of ${path} are too open: others can read this private key, so it is not used. Run: chmod 600 '${path}'`,
    );
    return undefined;
  }

  let loaded = text === undefined ? undefined : parsed(text);
  const visible =
    loaded ?? (publicText && parsed(publicText)) ?? (text && parsed(openSshPublicKey(text) ?? ""));
  const load = async (): Promise<ParsedKey | undefined> => {
    loaded ??= await unlock(path, text ?? "", config, prompter, notify);
    return loaded;
  };
  return {
    label: path.replace(new RegExp(`^${homedir()}(?=/)`), "~"),
    blob: visible ? visible.getPublicSSH().toString("base64") : undefined,
    // A file named by IdentityFile may be only the public half: then the agent has to hold the key.
    hasPrivate: text !== undefined && !(loaded && !loaded.isPrivateKey()),
    publicKey: async () => (visible ? visible : load()),
    sign: async (data, hash) => {
      const key = await load();
      if (key === undefined) throw new Error(`${path} stays locked`);
      const signature: Buffer | Error = key.sign(data, hash);
      if (signature instanceof Error) throw signature;
      return signature;
    },
  };
}

/** Asks for the passphrase, as often as for a password. */
async function unlock(
  path: string,
  text: string,
  config: IdentityConfig,
  prompter: Prompter | undefined,
  notify: (text: string) => void,
): Promise<ParsedKey | undefined> {
  const without: ParsedKey | Error = utils.parseKey(text);
  if (!(without instanceof Error)) return without;
  if (!/passphrase/i.test(without.message)) {
    notify(`Load key "${path}": ${without.message}`);
    return undefined;
  }
  if (prompter === undefined || config.batchMode) return undefined;
  for (let attempt = 0; attempt < config.passwordPrompts; attempt++) {
    const passphrase = await prompter.ask(`Enter passphrase for key '${path}': `, { echo: false });
    // An empty answer means: go on without this key.
    if (passphrase === undefined || passphrase === "") return undefined;
    const key = parsed(text, passphrase);
    if (key !== undefined) return key;
  }
  notify(`Load key "${path}": incorrect passphrase supplied to decrypt private key`);
  return undefined;
}

function parsed(text: string, passphrase?: string): ParsedKey | undefined {
  const key: ParsedKey | Error | ParsedKey[] = utils.parseKey(text, passphrase);
  const one = Array.isArray(key) ? key[0] : key;
  return one === undefined || one instanceof Error ? undefined : one;
}

/** The public half of a private key in OpenSSH's format: it stands in clear before the encrypted part. */
function openSshPublicKey(text: string): string | undefined {
  const body = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]*)-----END/.exec(text)?.[1];
  if (body === undefined) return undefined;
  const bytes = Buffer.from(body, "base64");
  let at = OPENSSH_MAGIC.length;
  if (bytes.toString("latin1", 0, at) !== OPENSSH_MAGIC) return undefined;
  const string = (): Buffer | undefined => {
    if (at + 4 > bytes.length) return undefined;
    const length = bytes.readUInt32BE(at);
    at += 4 + length;
    return at > bytes.length ? undefined : bytes.subarray(at - length, at);
  };
  // Cipher, key derivation and its options; then the number of keys, which is one.
  for (let i = 0; i < 3; i++) if (string() === undefined) return undefined;
  at += 4;
  const key = string();
  if (key === undefined || key.length < 4) return undefined;
  const type = key.toString("latin1", 4, 4 + key.readUInt32BE(0));
  return `${type} ${key.toString("base64")}`;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function openToOthers(path: string): boolean {
  try {
    const status = statSync(path);
    return status.uid === process.getuid?.() && (status.mode & 0o077) !== 0;
  } catch {
    return false;
  }
}

/** ssh2's view of one identity: an agent that holds only this key. */
export class SingleKeyAgent extends BaseAgent<ParsedKey> {
  constructor(
    readonly identity: Identity,
    readonly key: ParsedKey,
  ) {
    super();
  }

  override getIdentities(callback: (error: Error | undefined, keys?: ParsedKey[]) => void): void {
    callback(undefined, [this.key]);
  }

  override sign(
    _key: ParsedKey,
    data: Buffer,
    options: unknown,
    callback?: (error?: Error, signature?: Buffer) => void,
  ): void {
    const done = (typeof options === "function" ? options : callback) as NonNullable<typeof callback>;
    const hash = (options as { hash?: string } | undefined)?.hash;
    this.identity.sign(data, hash).then(
      (signature) => done(undefined, signature),
      (error: Error) => done(error),
    );
  }
}
