/** What the doctor says to do about each thing that can be wrong. Texts only; doctor.ts decides which is wrong. */
import type { Invocation } from "../cli/invocation.ts";
import type { UdpResult } from "./udp-check.ts";

/** What ssh says when it fails, and what to do; the first that fits counts. */
const SSH_ADVICE: readonly (readonly [said: RegExp, advice: string])[] = [
  [
    /could not resolve|not known|canonical name|no such host/i,
    "The name is not known: check how it is written, HostName in ssh_config, hostname in config.toml, and DNS.",
  ],
  [
    /host key verification|identification has changed|host key/i,
    "The host's key is not the one in known_hosts, or is not known yet. Ask the host's owner for its fingerprint.",
  ],
  [
    /permission denied|authentication|all configured/i,
    "The host refuses this login: check the user (user@host), the keys (ssh-add -l) and authorized_keys there.",
  ],
  [
    /connection refused/i,
    'Nothing takes ssh connections there. Does sshd run? On another port: --ssh="ssh -p PORT", or Port in ssh_config.',
  ],
  [
    /timed out|unreachable|no route/i,
    "The host does not answer: it is off, the address is wrong, or a firewall stops TCP to ssh's port.",
  ],
  [/cannot exec/i, "Install OpenSSH's client, name another with --ssh=COMMAND, or use --ssh=embedded."],
];

/** @param said everything ssh said, and the program's own error */
export function sshAdvice(said: string, sshCommand: string, host: string): string[] {
  const known = SSH_ADVICE.find(([pattern]) => pattern.test(said))?.[1];
  const alone = sshCommand.startsWith("embedded") ? [] : [`By itself: ${sshCommand} ${host} true`];
  return [...(known === undefined ? [] : [known]), ...alone];
}

/** @param programs servers found in likely places */
export function missingServerAdvice(programs: readonly string[]): string[] {
  const [found] = programs;
  if (found !== undefined) {
    return [
      `There is ${programs.join(", ")}, outside the PATH of a shell without login. Name it: --server=${found}, or`,
      `server = "${found}" in config.toml.`,
    ];
  }
  return [
    "Install mosh there (apt install mosh, dnf install mosh, brew install mosh), or copy sterna's executable to the",
    "host as sterna-server and use --server=sterna-server, or --server=/path/to/it.",
  ];
}

/** @param locales UTF-8 locales that the host has */
export function localeAdvice(locales: readonly string[], call: string): string[] {
  const [usable] = locales;
  const fix =
    usable === undefined
      ? "The host has none: there, as root, localedef -i en_US -f UTF-8 en_US.UTF-8 (Debian: apt install locales)."
      : `The host has ${locales.join(", ")}: LC_ALL=${usable} ${call}, or set LANG=${usable} there.`;
  return [fix, "Or run sterna-server there, which needs no locale."];
}

/** Where a server takes its port from when nobody says. */
const DEFAULT_PORTS = "60001-60999";

/**
 * Nothing authentic came back from `ip`:`port`.
 *
 * @param jump ssh reaches the host by a proxy
 */
export function udpAdvice(
  result: UdpResult & { kind: "silent" },
  at: { ip: string; port: number },
  invocation: Invocation,
  jump: boolean,
): string[] {
  const advice: string[] = [];
  // Without the system call's name in front.
  const errors = new Set(result.errors.map((error) => error.replace(/^[a-z]+: /, "")));
  if (errors.size > 0) advice.push(`The network says: ${[...errors].join("; ")}.`);
  if (result.forged > 0) {
    advice.push(
      `${result.forged} datagrams came that are not this server's: something on the way answers for it.`,
    );
  }
  const chosen = invocation.port?.replace(":", "-");
  const ports = chosen === undefined || chosen === "0" ? DEFAULT_PORTS : chosen;
  advice.push(
    `A firewall stops UDP: on the host, at its provider (security group), or in your network. Open ${ports}/udp`,
    `there (on the host, for instance: ufw allow ${ports.replace("-", ":")}/udp), or use a port that is open: -p PORT.`,
  );
  if (isPrivate(at.ip)) {
    advice.push(
      `${at.ip} is a private address. If the host is behind a NAT, forward UDP port ${at.port} to it.`,
    );
  }
  if (jump)
    advice.push("ssh goes by another machine, UDP directly: this machine must reach that address itself.");
  return advice;
}

/** Addresses of local networks (RFC 1918, RFC 4193, link-local), not loopback. */
function isPrivate(ip: string): boolean {
  return /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.|f[cd][0-9a-f]{2}:|fe[89ab][0-9a-f]:)/i.test(
    ip,
  );
}
