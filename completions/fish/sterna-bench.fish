# fish completion for sterna-bench: put it into ~/.config/fish/completions.

function __sterna_bench_list
    # Words with commas in between: what stands before the last comma stays.
    set -l before (string match -r '^(?:--[a-z]+=)?(.*,)?' -- (commandline -ct))[2]
    for word in $argv
        echo "$before$word"
    end
end

function __sterna_bench_second_server
    set -l words (commandline -opc)
    test "$words[-2]" = --compare
end

complete -c sterna-bench -f
complete -c sterna-bench -l server -x -a 'stock standalone new host' -d 'Server, or a command that starts one'
complete -c sterna-bench -l address -x -d 'Address of the sessions of a command'
complete -c sterna-bench -l pid -x -a '(__fish_complete_pids)' -d 'Processes to charge'
complete -c sterna-bench -l shards -x -d 'Shards of a host'
complete -c sterna-bench -l sessions -x -d 'How many sessions'
complete -c sterna-bench -l mix -x -a '(__sterna_bench_list idle typist editor pager flood replay)' -d 'Behaviours by weight'
complete -c sterna-bench -l rate -x -d 'Keys a second'
complete -c sterna-bench -l replay -r -F -d 'Recording to replay'
complete -c sterna-bench -l replay-command -x -a '(__fish_complete_subcommand)' -d 'Program to type it into'
complete -c sterna-bench -l ramp -x -d 'Seconds over which sessions are opened'
complete -c sterna-bench -l warmup -x -d 'Seconds that do not count'
complete -c sterna-bench -l duration -x -d 'Seconds that count'
complete -c sterna-bench -l limit -x -d 'Milliseconds at which it ends'
complete -c sterna-bench -l compare -x -a 'stock standalone new host' -d 'Two servers by turns'
complete -c sterna-bench -n __sterna_bench_second_server -a 'stock standalone new host'
complete -c sterna-bench -l rounds -x -d 'Rounds of --compare'
complete -c sterna-bench -l seed -x -d 'Seed of all chance'
complete -c sterna-bench -l own-clients -d 'Clients that send as the server\'s own do'
complete -c sterna-bench -l impair -x -a '(__sterna_bench_list delay= jitter= loss= reorder= duplicate= rate= queue= burst= bulk=1)' -d 'A bad network'
complete -c sterna-bench -l roam -x -d 'Seconds between changes of address'
complete -c sterna-bench -l blackout -x -d 'Seconds without a network, AT:SECONDS'
complete -c sterna-bench -l json -r -F -d 'Report as JSON'
complete -c sterna-bench -l html -r -F -d 'Report as a page'
complete -c sterna-bench -l help -d 'Print a summary'
complete -c sterna-bench -l version -d 'Print the version'
