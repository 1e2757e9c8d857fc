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

export function doctorHelpText(program: string): string {
  return `Usage: ${program} doctor [options] [[user@]host]

Takes the way of a session step by step and says of each step whether it works
and, if not, what to do: configuration, terminal, ssh, the server program on the
host, its locale, UDP there and back. It logs in once, starts a real server
there and ends it. Without a host it looks at this machine only.

Options are those of a session (${program} --help); give the ones you connect with.

Exit status: 0 if all that is needed works, 1 if not, 255 for a bad command
line.
`;
}

/** Everything a person needs; at most 80 columns. Checked against the parser's table by test/client/cli/help.test.ts. */
export function helpText(program: string): string {
  return `A shell on another machine that survives roaming, sleep and packet loss.

  ${program} alice@example.org                     log in there
  ${program} example.org -- tmux new -A -s main    run a command instead of a shell
  ${program} --ssh="ssh -p 2222" example.org       ssh listens on another port
  ${program} -p 60010 example.org                  only this UDP port is open there
  ${program} --server=sterna-server example.org    the host has sterna, not mosh
  ${program} example.org --attach-or-new main      leave it, take it up elsewhere
  ${program} --local                               a shell on this machine
  ${program} doctor example.org                    say what does not work, and why

Usage: ${program} [options] [--] [user@]host [command...]
       ${program} --local [options] [address [command...]]
       ${program} doctor [options] [[user@]host]

The login is ssh's. ssh starts mosh-server on the host and ends; the session
goes on over UDP. Options may also stand after the host, so a command with
options of its own needs "--" before it. A unique beginning of an option's name
is enough. A host called doctor: ${program} -- doctor

Server
      --server=COMMAND    what starts the server on the host; the remote shell
                          reads it, so it may be several words
                          (default: mosh-server)
  -p, --port=PORT[:PORT2] UDP port or range of the server, not ssh's port
                          (default: the server takes one of 60001 to 60999)
      --bind-server=WHERE address the server answers from: "ssh" (where ssh
                          reached it), "any", or an IP address (default: ssh)
      --local             no ssh: the server runs on this machine
                          (default address: 127.0.0.1)
      --attach=NAME       take up a session of the host again (a Sterna server;
                          "sterna-server list" there has the names)
      --attach-or-new=NAME
                          the same, and make it if there is none
      --read-only         with --attach: look on, type nothing

ssh
      --ssh=COMMAND       the ssh command with its options (default: ssh)
                          "embedded": the built-in ssh client, also taken if
                          there is no ssh program; its options: -p PORT -l USER
                          -i KEYFILE -F CONFIG -4 -6 -o NAME=VALUE
      --[no-]ssh-pty      ask ssh for a terminal (default: yes)
      --experimental-remote-ip=HOW
                          how the address for UDP is learned (default: proxy, or
                          remote if ssh_config has a proxy for the host)
                            proxy   ssh connects through ${program}, which sees it
                            local   the name is looked up here
                            remote  the host says it; for ProxyJump

Network
  -4, --family=inet       IPv4 only
  -6, --family=inet6      IPv6 only
      --family=FAMILY     prefer-inet, prefer-inet6: both, that one first;
                          all: both, as the resolver has them; auto: the only
                          one there is (default: prefer-inet)

Terminal
      --predict=WHEN      show typed keys before the server has answered:
                          adaptive (on slow links), always, never, experimental
                          (even where it may be wrong) (default: adaptive)
  -a, -n                  --predict=always, --predict=never
  -o, --[no-]predict-overwrite
                          shown keys overwrite, not insert (default: no)
      --[no-]init         use the terminal's alternate screen (default: yes)
      --[no-]title-prefix "[mosh]" in the window's title (default: yes)
      --escape-key=KEY    Ctrl-B, ^B, one character, or nothing for no such key
                          (default: Ctrl-^)
      --client=PATH       another client program, run as mosh-client is
                          (default: built in)

Configuration
      --config=FILE       read this file
      --no-config         read none

      --help, --version   print this, or the version

In a session
  Ctrl-^ .                quit: ends the session, also without contact; one
                          taken by --attach[-or-new] goes on without you
  Ctrl-^ Ctrl-Z           suspend; fg comes back
  Ctrl-^ i                show or hide the connection's figures
  Ctrl-^ ^                type Ctrl-^

Files
  ~/.config/sterna/config.toml   (or below XDG_CONFIG_HOME) long options without
                          dashes; --experimental-remote-ip is remote-ip:
                            predict = "always"
                            [host."*.example.org"]
                            server = "sterna-server"
                            port = "60010:60020"
                          Also in a host section: hostname, user, command.
                          The most specific section wins.
  ~/.ssh/config, ~/.ssh/known_hosts   as ssh uses them

Environment (stronger than the file, weaker than options)
  MOSH_PREDICTION_DISPLAY         a --predict mode
  MOSH_PREDICTION_OVERWRITE=yes   as -o
  MOSH_NO_TERM_INIT               set: as --no-init
  MOSH_TITLE_NOPREFIX             set: as --no-title-prefix
  MOSH_ESCAPE_KEY                 one character; empty: no escape key
  NO_COLOR                        set: no color in ${program}'s own messages
  TERM, LANG, LC_*                your terminal and locale, passed to the server

Exit status
  0 the session ended cleanly; 1 it did not; 255 or an error number of the
  system: no session came about. ${program} doctor: 0 if all is well, else 1.
`;
}
