# fish completion for sterna-server: put it into ~/.config/fish/completions. Names of sessions are those it lists.

function __sterna_server_command
    # True if the first word is one of these, and "--" has not begun the command of a session.
    set -l words (commandline -opc)
    contains -- -- $words; and return 1
    contains -- "$words[2]" $argv
end

function __sterna_server_first_word
    test (count (commandline -opc)) = 1
end

function __sterna_server_sessions
    sterna-server list 2>/dev/null | awk 'NR > 1 { print $1 }'
end

function __sterna_server_program
    # What stands behind "--" is a command line of its own.
    set -l words (commandline -opc)
    set -l dashes (contains -i -- -- $words)
    set -e words[1..$dashes]
    complete -C (string join ' ' -- (string escape -- $words) (commandline -ct))
end

complete -c sterna-server -f
complete -c sterna-server -n __sterna_server_first_word -a new -d 'Start a shell for a client'
complete -c sterna-server -n __sterna_server_first_word -a host -d 'Serve a whole machine'
complete -c sterna-server -n __sterna_server_first_word -a attach -d 'Take a session up again'
complete -c sterna-server -n __sterna_server_first_word -a list -d 'Sessions that are there'
complete -c sterna-server -n __sterna_server_first_word -a detach -d 'Say goodbye to the clients of a session'
complete -c sterna-server -n __sterna_server_first_word -a kill -d 'End a session'
complete -c sterna-server -n __sterna_server_first_word -a rename -d 'Give a session another name'
complete -c sterna-server -n __sterna_server_first_word -a top -d 'Sessions and shards, live'
complete -c sterna-server -n '__sterna_server_command attach detach kill rename' -a '(__sterna_server_sessions)' -d Session
complete -c sterna-server -n 'contains -- -- (commandline -opc)' -a '(__sterna_server_program)'
complete -c sterna-server -n '__sterna_server_command new attach' -s s -d 'Bind to the address ssh was reached at'
complete -c sterna-server -n '__sterna_server_command new attach' -s i -x -d 'Bind to this address'
complete -c sterna-server -n '__sterna_server_command new attach' -s p -x -d 'UDP port or range'
complete -c sterna-server -n '__sterna_server_command new' -s c -x -d 'Colors of the terminal'
complete -c sterna-server -n '__sterna_server_command new' -s l -x -d 'Locale variable'
complete -c sterna-server -n '__sterna_server_command new' -s v -d 'Report on standard error'
complete -c sterna-server -n '__sterna_server_command new' -l name -x -d 'Name of the session'
complete -c sterna-server -n '__sterna_server_command new' -l standalone -d 'A process for this session alone'
complete -c sterna-server -n '__sterna_server_command attach' -l or-new -d 'Make it if there is none'
complete -c sterna-server -n '__sterna_server_command attach' -l read-only -d 'Look on'
complete -c sterna-server -n '__sterna_server_command attach' -l here -d 'On this terminal, without UDP'
complete -c sterna-server -n '__sterna_server_command attach list detach kill rename' -l user -x -a '(__fish_complete_users)' -d 'Session of another user'
complete -c sterna-server -n '__sterna_server_command list' -l json -d 'For programs'
complete -c sterna-server -n '__sterna_server_command list' -l all -d 'Of all users'
complete -c sterna-server -n '__sterna_server_command top' -l interval -x -d 'Seconds between two looks'
complete -c sterna-server -n '__sterna_server_command top' -l once -d 'Print it once'
complete -c sterna-server -n '__sterna_server_command host' -l config -r -F -d 'Settings'
complete -c sterna-server -n '__sterna_server_command host' -l port -x -d 'UDP port or range'
complete -c sterna-server -n '__sterna_server_command host' -l listen -x -d 'Addresses for UDP'
complete -c sterna-server -n '__sterna_server_command host' -l shards -x -d 'Processes for sessions'
complete -c sterna-server -n '__sterna_server_command host' -l ssh -x -d 'Address and port for logins'
complete -c sterna-server -n '__sterna_server_command host' -l metrics -x -d 'Address and port for figures'
complete -c sterna-server -n '__sterna_server_command host' -l directory -x -a '(__fish_complete_directories)' -d 'Where its sockets are'
complete -c sterna-server -l help -d 'Print a summary'
complete -c sterna-server -l version -d 'Print the version'
