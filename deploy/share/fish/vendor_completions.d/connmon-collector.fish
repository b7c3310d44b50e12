# fish completion for connmon-collector. Written by `make manual`.

complete -c connmon-collector -f

complete -c connmon-collector -s h -l help -d 'show this help message and exit'
complete -c connmon-collector -l source -x -a 'auto events poll psutil' -d 'how to see sockets: told by the kernel (events: Linux, root), asked once an interval (poll: Linux; psutil: everywhere), or the best that works (default)'
complete -c connmon-collector -l interval -x -d 'time between two samples, 0.1 to 60 (default 1)'
complete -c connmon-collector -l host -x -d 'what this host is called (default: its host name)'
complete -c connmon-collector -l observe-dns -d 'read names from the answers to this host\'s own DNS look-ups, too (needs root)'
complete -c connmon-collector -l connect -x -d 'send to the enricher of another host, which runs with --listen-collectors'
complete -c connmon-collector -l server-key -r -F -d 'the key of the other host, or a file with it (connmon keys show prints it there)'
complete -c connmon-collector -l check -d 'print what the same command would see here, what is missing and how to get it; then exit: 0 nothing is missing, 1 something is, 69 or 77 it would not start'
complete -c connmon-collector -l runtime-dir -x -a '(__fish_complete_directories)' -d 'where the stages meet (default: $CONNMON_RUNTIME_DIR, else $XDG_RUNTIME_DIR/connmon, else /run/connmon for root and /tmp/connmon-UID for others)'
complete -c connmon-collector -s v -l verbose -d 'put into the log what helps to find a fault'
complete -c connmon-collector -l version -d 'print version, license and sources'
complete -c connmon-collector -l no-config -d 'do not read the config file'
