/**
 * The gateway's own keys: made at the first start, then always the same, so that nobody's ssh complains. A key that
 * others can read is refused, as sshd does. Called by gateway.ts.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ParsedKey, utils } from "ssh2";

/** Ed25519 for today's clients, ECDSA for older ones. */
const KINDS = [
  { type: "ed25519" as const, options: {} },
  { type: "ecdsa" as const, options: { bits: 256 } },
];

/** The keys cannot be used; `message` says what to do. */
class HostKeyError extends Error {
  override readonly name = "HostKeyError";
}

/** Private keys in OpenSSH's form. @throws HostKeyError */
export function loadHostKeys(directory: string): Buffer[] {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return KINDS.map(({ type, options }) => {
      const path = join(directory, `ssh_host_${type}_key`);
      if (!existsSync(path)) makeKey(path, type, options);
      return readKey(path);
    });
  } catch (error) {
    if (error instanceof HostKeyError) throw error;
    throw new HostKeyError(`${directory}: ${(error as Error).message}`);
  }
}

function makeKey(path: string, type: "ed25519" | "ecdsa", options: object): void {
  const { private: secret, public: shown } = utils.generateKeyPairSync(type as never, options as never);
  // Complete under another name first: a start that is cut off must not leave half a key.
  const draft = `${path}.new`;
  // One that was left over may have another mode, or be a link.
  rmSync(draft, { force: true });
  writeFileSync(draft, secret, { mode: 0o600, flag: "wx" });
  renameSync(draft, path);
  writeFileSync(`${path}.pub`, `${shown}\n`, { mode: 0o644 });
}

function readKey(path: string): Buffer {
  const found = statSync(path);
  const { mode } = found;
  if (!found.isFile()) throw new HostKeyError(`${path}: not a regular file`);
  if ((mode & 0o077) !== 0) {
    throw new HostKeyError(
      `${path}: others may read this key (mode 0${(mode & 0o777).toString(8)}); expected 0600: chmod it, and make a new one if it may have leaked.`,
    );
  }
  const bytes = readFileSync(path);
  const parsed = utils.parseKey(bytes);
  if (parsed instanceof Error) throw new HostKeyError(`${path}: ${parsed.message}`);
  const [key] = [parsed].flat() as ParsedKey[];
  if (!key?.isPrivateKey())
    throw new HostKeyError(`${path}: a public key; expected the private one, without a passphrase`);
  return bytes;
}
