/** The wrapper's texts for people: --help, --version, and what is said with a bad command line. */
import { versionLine } from "../../sys/version.ts";

/** Short usage, below an error message. No final newline. */
export function usageText(program: string): string {
  return `Usage: ${program} [options] [--] [user@]host [command...]\n       ${program} --help lists the options.`;
}

/** What to say when there is no host. No final newline. */
export function noHostText(program: string): string {
  return `${usageText(program)}\nNo host was given. ${program} --local starts a shell on this machine.`;
}

export function versionText(program: string): string {
  return `${versionLine(program)}
Sterna, a mobile shell.
License: Apache-2.0. There is no warranty, to the extent permitted by law.
`;
}

export function helpText(program: string): string {
  return `Usage: ${program} [options] [--] [user@]host [command...]
       ${program} --local [options] [address [command...]]

Logs in with ssh, starts mosh-server there, and goes on over UDP: the session survives
roaming, sleep and packet loss. Options may also stand after the host; a command with
options of its own needs "--" before it:  ${program} host -- ls -l

Server
      --server=COMMAND      command that starts the server on the host; passed to the
                            remote shell as it is, so it may be several words
                            (default: mosh-server; try sterna-server, ~/bin/mosh-server)
  -p, --port=PORT[:PORT2]   UDP port or range of the server (not the port of ssh);
                            default: the server's choice, 60001 to 60999
      --bind-server=WHERE   address the server replies from: "ssh" (the one ssh reached),
                            "any", or an IP address (default: ssh)
      --local               run the server on this machine, without ssh
                            (address: a local IP address, default 127.0.0.1)

ssh
      --ssh=COMMAND         ssh command, e.g. "ssh -p 2222" (default: ssh)
                            "embedded": the built-in ssh client, which is also taken when
                            there is no ssh program; it has the options -p PORT -l USER
                            -i KEYFILE -F CONFIG -o NAME=VALUE: --ssh="embedded -p 2222"
      --no-ssh-pty          do not ask ssh for a terminal
      --experimental-remote-ip=HOW
                            how to learn the server's IP address:
                              proxy   ssh connects through ${program}, which sees it (default)
                              local   look the name up here; good for one address
                              remote  ask the server; the one to use with ProxyJump
                                      (taken by itself when ssh_config has a ProxyJump or
                                      ProxyCommand for the host)

Network
  -4, --family=inet         IPv4 only
  -6, --family=inet6        IPv6 only
      --family=prefer-inet  both, IPv4 first (default); prefer-inet6: IPv6 first
      --family=all          both, in the order the resolver gives
      --family=auto         whichever the host has; an error if it has both

Terminal
      --predict=adaptive    show keys before the server has answered, on slow links (default)
  -a, --predict=always      ... also on fast links
  -n, --predict=never       ... never
      --predict=experimental ... even where it is likely to be wrong
                            (the built-in client does not predict yet; it accepts these)
  -o, --predict-overwrite   predicted keys overwrite instead of inserting
      --no-init             do not switch to the terminal's alternate screen
      --client=PATH         another client program, run as mosh-client is (default: built in)

      --help, --version     print this, or the version; status 0

In a session  Ctrl-^ .  quits, Ctrl-^ Ctrl-Z suspends, Ctrl-^ ^ sends Ctrl-^.

Environment: MOSH_PREDICTION_DISPLAY (a --predict mode), MOSH_PREDICTION_OVERWRITE=yes,
MOSH_NO_TERM_INIT, MOSH_TITLE_NOPREFIX, MOSH_ESCAPE_KEY (one character; empty: none), and
the locale variables, which are passed to the server.

Exit status: 0 for a session that ended cleanly, 1 for one that did not, 255 (or
an error number of the system) when no session came about.
`;
}
