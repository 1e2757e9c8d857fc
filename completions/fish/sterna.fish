# fish completion for sterna: put it into ~/.config/fish/completions. Hosts are those fish completes for ssh.

function __sterna_needs_host
    # True until a word that is no option stands there; "doctor" as the first word is none.
    set -l words (commandline -opc)
    set -e words[1]
    test "$words[1]" = doctor; and set -e words[1]
    set -l skip 0
    for word in $words
        if test $skip = 1
            set skip 0
        else if contains -- $word -p --server --port --bind-server --ssh --experimental-remote-ip --family --predict --escape-key --client --config --attach --attach-or-new
            set skip 1
        else if not string match -q -- '-*' $word
            return 1
        end
    end
    return 0
end

function __sterna_first_word
    test (count (commandline -opc)) = 1
end

complete -c sterna -n __sterna_needs_host -f -a '(__fish_complete_user_at_hosts)' -d Host
complete -c sterna -n __sterna_first_word -f -a doctor -d 'Say what does not work with a host, and why'
complete -c sterna -n '__fish_seen_subcommand_from doctor' -f
complete -c sterna -n 'not __sterna_needs_host; and not __fish_seen_subcommand_from doctor' -a '(__fish_complete_subcommand --fcs-skip=2)'

complete -c sterna -l server -x -a 'mosh-server sterna-server' -d 'Command that starts the server'
complete -c sterna -s p -l port -x -d 'UDP port or range of the server'
complete -c sterna -l bind-server -x -a 'ssh any' -d 'Address the server answers from'
complete -c sterna -l local -d 'Run the server here, without ssh'
complete -c sterna -l attach -x -d 'Take up a session of the host again'
complete -c sterna -l attach-or-new -x -d 'Take up a session of the host, or make it'
complete -c sterna -l read-only -d 'With --attach: look on'
complete -c sterna -l ssh -x -a 'ssh embedded' -d 'ssh command'
complete -c sterna -l ssh-pty -d 'Ask ssh for a terminal'
complete -c sterna -l no-ssh-pty -d 'Do not ask ssh for a terminal'
complete -c sterna -l experimental-remote-ip -x -a 'proxy local remote' -d 'How the address for UDP is learned'
complete -c sterna -s 4 -d 'IPv4 only'
complete -c sterna -s 6 -d 'IPv6 only'
complete -c sterna -l family -x -a 'inet inet6 prefer-inet prefer-inet6 all auto' -d 'Address family'
complete -c sterna -l predict -x -a 'adaptive always never experimental' -d 'Show keys before the server answers'
complete -c sterna -s a -d 'Always show keys at once'
complete -c sterna -s n -d 'Never show keys early'
complete -c sterna -s o -l predict-overwrite -d 'Shown keys overwrite'
complete -c sterna -l no-predict-overwrite -d 'Shown keys insert'
complete -c sterna -l init -d 'Use the alternate screen'
complete -c sterna -l no-init -d 'Do not use the alternate screen'
complete -c sterna -l title-prefix -d 'Put [mosh] before the title'
complete -c sterna -l no-title-prefix -d 'Leave the title as it is'
complete -c sterna -l escape-key -x -a 'Ctrl-^ Ctrl-B' -d 'Key for commands to sterna itself'
complete -c sterna -l client -r -d 'Another client program'
complete -c sterna -l config -r -d 'Configuration file'
complete -c sterna -l no-config -d 'Read no configuration file'
complete -c sterna -l help -d 'Print a summary'
complete -c sterna -l version -d 'Print the version'
