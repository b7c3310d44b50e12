# fish completion for connmon. Written by `make manual`.

function __connmon_is
    set -l words (commandline -opc)[2..]
    if not set -q argv[1]
        not contains -- "$words[1]" config geo keys replay status
        return
    end
    test "$words[1..$(count $argv)]" = "$argv"
end

function __connmon_ends
    set -l words (commandline -opc)[2..]
    test "$words" = "$argv"
end

complete -c connmon -f

complete -c connmon -n '__connmon_ends' -a config -d 'what the config file says'
complete -c connmon -n '__connmon_ends' -a geo -d 'files for countries and networks'
complete -c connmon -n '__connmon_ends' -a keys -d 'who may watch from other hosts'
complete -c connmon -n '__connmon_ends' -a replay -d 'show a recording again'
complete -c connmon -n '__connmon_ends' -a status -d 'how the stages fare'
complete -c connmon -n '__connmon_is' -s h -l help -d 'show this help message and exit'
complete -c connmon -n '__connmon_is' -s t -l time-unit -x -d 'what one character stands for, from 0.1 (default: 1)'
complete -c connmon -n '__connmon_is' -s w -l width -x -d 'length of a timeline, 20 to 500 (default: all there is room for)'
complete -c connmon -n '__connmon_is' -l scroll -d 'print events as lines instead of drawing a screen'
complete -c connmon -n '__connmon_is' -l json -d 'like --scroll, with a JSON object for each event'
complete -c connmon -n '__connmon_is' -l no-color -d 'no colours (also: NO_COLOR in the environment)'
complete -c connmon -n '__connmon_is' -l color -x -a 'auto always never' -d 'default: auto'
complete -c connmon -n '__connmon_is' -l group -x -a 'address process as country port' -d 'what a row of the screen is for at first; key a: address, process, as, country, port'
complete -c connmon -n '__connmon_is' -l sort -x -a 'first-seen last-change address state opened open process port rate bytes country as host alert' -d 'in which order they are at first; key s: first-seen, last-change, address, state, opened, open, process, port, rate, bytes, country, as, host, alert'
complete -c connmon -n '__connmon_is' -l theme -x -a 'default colour-blind light mono' -d 'colours of the screen; key t'
complete -c connmon -n '__connmon_is' -l mouse -d 'the wheel scrolls, a click selects a row'
complete -c connmon -n '__connmon_is' -l ascii -d 'draw with ASCII characters only'
complete -c connmon -n '__connmon_is' -l show-loopback -d 'show connections from loopback to itself'
complete -c connmon -n '__connmon_is' -l ts -x -a 'time iso epoch' -d 'time stamps of --scroll'
complete -c connmon -n '__connmon_is' -s q -l quiet -d 'no status lines in --scroll'
complete -c connmon -n '__connmon_is' -l filter-local -d 'hide private, loopback, reserved addresses'
complete -c connmon -n '__connmon_is' -l filter-file -r -F -d 'hide what FILE lists'
complete -c connmon -n '__connmon_is' -l only-file -r -F -d 'show only what FILE lists'
complete -c connmon -n '__connmon_is' -l watch-file -r -F -d 'mark what FILE lists, and log an ALERT for each connection to it'
complete -c connmon -n '__connmon_is' -l baseline -r -F -d 'the same for what FILE does not list: one of --save-threshold, for instance'
complete -c connmon -n '__connmon_is' -s o -l output -r -F -d 'save the timeline to FILE at the end'
complete -c connmon -n '__connmon_is' -l export -r -F -d 'show nothing: save it to FILE (-: standard output), and end'
complete -c connmon -n '__connmon_is' -l for -x -d 'with --export: watch for so long first (60s, 1h30m)'
complete -c connmon -n '__connmon_is' -l format -x -a 'text html svg jsonl csv' -d 'what is saved: text (a report to read), html (a page with a picture), svg (the picture alone), jsonl (all of it), csv (a line for each address); default: what FILE ends in, else text'
complete -c connmon -n '__connmon_is' -l save-threshold -x -d 'at the end save the addresses that were active in PCT % of the time'
complete -c connmon -n '__connmon_is' -l record -r -F -d 'record all that comes to FILE, or add it to FILE; see connmon replay'
complete -c connmon -n '__connmon_is' -l resolve-names -d 'ask DNS for the names of the addresses (PTR)'
complete -c connmon -n '__connmon_is' -l confirm-names -d 'ask whether each leads back, seen or not'
complete -c connmon -n '__connmon_is' -l dns-server -x -d 'ask this server for public names'
complete -c connmon -n '__connmon_is' -l dns-budget -x -d 'queries under way or, for 10 s, without an answer (default: 48)'
complete -c connmon -n '__connmon_is' -l dns-cache -r -F -d 'keep names in FILE for the next start (it tells whom you talked to)'
complete -c connmon -n '__connmon_is' -l lookup-country -d 'show countries (from your GeoIP files)'
complete -c connmon -n '__connmon_is' -l lookup-asn -d 'show networks (from your GeoIP files)'
complete -c connmon -n '__connmon_is' -l geo-path -r -F -d 'GeoIP file, or the folder with both'
complete -c connmon -n '__connmon_is' -l source -x -a 'auto events poll psutil' -d 'how connections are seen (default: the best that works)'
complete -c connmon -n '__connmon_is' -l observe-dns -d 'names from your programs\' own DNS look-ups'
complete -c connmon -n '__connmon_is' -l no-sudo -d 'do not ask for root; see only your own processes'
complete -c connmon -n '__connmon_is' -l listen -x -d 'serve viewers there, and at the next port'
complete -c connmon -n '__connmon_is' -l listen-collectors -x -d 'watch their collectors\' hosts, too'
complete -c connmon -n '__connmon_is' -l runtime-dir -x -a '(__fish_complete_directories)' -d 'where the stages meet (default: $CONNMON_RUNTIME_DIR, else $XDG_RUNTIME_DIR/connmon, else /run/connmon for root and /tmp/connmon-UID for others)'
complete -c connmon -n '__connmon_is' -s v -l verbose -d 'put into the log what helps to find a fault'
complete -c connmon -n '__connmon_is' -l version -d 'print version, license and sources'
complete -c connmon -n '__connmon_is' -l no-config -d 'do not read the config file'
complete -c connmon -n '__connmon_is' -l log-file -r -F -d 'the log of all stages (default: connmon.log in the runtime directory)'

complete -c connmon -n '__connmon_is config' -s h -l help -d 'show this help message and exit'
complete -c connmon -n '__connmon_is config' -l version -d 'print version, license and sources'
complete -c connmon -n '__connmon_is config' -l sample -d 'print one with all there is to set, and set nothing'

complete -c connmon -n '__connmon_ends geo' -a update -d 'download the newest files from db-ip.com'
complete -c connmon -n '__connmon_ends geo' -a status -d 'tell which files are used, how old and how good they are'
complete -c connmon -n '__connmon_ends geo' -a lookup -d 'tell country and network of addresses'
complete -c connmon -n '__connmon_is geo' -s h -l help -d 'show this help message and exit'
complete -c connmon -n '__connmon_is geo' -l version -d 'print version, license and sources'

complete -c connmon -n '__connmon_is geo update' -x -a 'country asn'
complete -c connmon -n '__connmon_is geo update' -s h -l help -d 'show this help message and exit'
complete -c connmon -n '__connmon_is geo update' -l to -x -a '(__fish_complete_directories)' -d 'where to put them (default: $XDG_DATA_HOME/connmon/geo, else ~/.local/share/connmon/geo)'
complete -c connmon -n '__connmon_is geo update' -l base-url -x -d 'where they are (default: https://download.db-ip.com/free)'
complete -c connmon -n '__connmon_is geo update' -l no-config -d 'do not read the config file'

complete -c connmon -n '__connmon_is geo status' -s h -l help -d 'show this help message and exit'
complete -c connmon -n '__connmon_is geo status' -l geo-path -r -F -d 'a file, or the folder with both'
complete -c connmon -n '__connmon_is geo status' -l json -d 'one JSON object'
complete -c connmon -n '__connmon_is geo status' -l no-config -d 'do not read the config file'

complete -c connmon -n '__connmon_is geo lookup' -f
complete -c connmon -n '__connmon_is geo lookup' -s h -l help -d 'show this help message and exit'
complete -c connmon -n '__connmon_is geo lookup' -l geo-path -r -F -d 'a file, or the folder with both'
complete -c connmon -n '__connmon_is geo lookup' -l json -d 'one JSON object a line'
complete -c connmon -n '__connmon_is geo lookup' -l no-config -d 'do not read the config file'

complete -c connmon -n '__connmon_ends keys' -a create -d 'make this host\'s key'
complete -c connmon -n '__connmon_ends keys' -a show -d 'show this host\'s key, and whose are allowed'
complete -c connmon -n '__connmon_ends keys' -a allow -d 'let in who has a key, to watch'
complete -c connmon -n '__connmon_ends keys' -a revoke -d 'let somebody in no longer'
complete -c connmon -n '__connmon_is keys' -s h -l help -d 'show this help message and exit'
complete -c connmon -n '__connmon_is keys' -l version -d 'print version, license and sources'

complete -c connmon -n '__connmon_is keys create' -s h -l help -d 'show this help message and exit'

complete -c connmon -n '__connmon_is keys show' -s h -l help -d 'show this help message and exit'

complete -c connmon -n '__connmon_is keys allow' -f
complete -c connmon -n '__connmon_is keys allow' -s h -l help -d 'show this help message and exit'
complete -c connmon -n '__connmon_is keys allow' -l collector -d 'not to watch, but to tell of the connections of its host'

complete -c connmon -n '__connmon_is keys revoke' -f
complete -c connmon -n '__connmon_is keys revoke' -s h -l help -d 'show this help message and exit'

complete -c connmon -n '__connmon_is replay' -F
complete -c connmon -n '__connmon_is replay' -s h -l help -d 'show this help message and exit'
complete -c connmon -n '__connmon_is replay' -l version -d 'print version, license and sources'
complete -c connmon -n '__connmon_is replay' -l speed -x -d '0.1 to 1,000 times as fast, or max (default: 1)'
complete -c connmon -n '__connmon_is replay' -l from -x -d 'begin at 12:03, \'2026-01-31 12:03:44\', or 1h30m after its beginning'
complete -c connmon -n '__connmon_is replay' -s t -l time-unit -x -d 'what one character stands for, from 0.1 (default: 1)'
complete -c connmon -n '__connmon_is replay' -s w -l width -x -d 'length of a timeline, 20 to 500 (default: all there is room for)'
complete -c connmon -n '__connmon_is replay' -l scroll -d 'print events as lines instead of drawing a screen'
complete -c connmon -n '__connmon_is replay' -l json -d 'like --scroll, with a JSON object for each event'
complete -c connmon -n '__connmon_is replay' -l no-color -d 'no colours (also: NO_COLOR in the environment)'
complete -c connmon -n '__connmon_is replay' -l color -x -a 'auto always never' -d 'default: auto'
complete -c connmon -n '__connmon_is replay' -l group -x -a 'address process as country port' -d 'what a row of the screen is for at first; key a: address, process, as, country, port'
complete -c connmon -n '__connmon_is replay' -l sort -x -a 'first-seen last-change address state opened open process port rate bytes country as host alert' -d 'in which order they are at first; key s: first-seen, last-change, address, state, opened, open, process, port, rate, bytes, country, as, host, alert'
complete -c connmon -n '__connmon_is replay' -l theme -x -a 'default colour-blind light mono' -d 'colours of the screen; key t'
complete -c connmon -n '__connmon_is replay' -l mouse -d 'the wheel scrolls, a click selects a row'
complete -c connmon -n '__connmon_is replay' -l ascii -d 'draw with ASCII characters only'
complete -c connmon -n '__connmon_is replay' -l show-loopback -d 'show connections from loopback to itself'
complete -c connmon -n '__connmon_is replay' -l ts -x -a 'time iso epoch' -d 'time stamps of --scroll'
complete -c connmon -n '__connmon_is replay' -s q -l quiet -d 'no status lines in --scroll'
complete -c connmon -n '__connmon_is replay' -l filter-local -d 'hide private, loopback, reserved addresses'
complete -c connmon -n '__connmon_is replay' -l filter-file -r -F -d 'hide what FILE lists'
complete -c connmon -n '__connmon_is replay' -l only-file -r -F -d 'show only what FILE lists'
complete -c connmon -n '__connmon_is replay' -l watch-file -r -F -d 'mark what FILE lists, and log an ALERT for each connection to it'
complete -c connmon -n '__connmon_is replay' -l baseline -r -F -d 'the same for what FILE does not list: one of --save-threshold, for instance'
complete -c connmon -n '__connmon_is replay' -s o -l output -r -F -d 'save the timeline to FILE at the end'
complete -c connmon -n '__connmon_is replay' -l export -r -F -d 'show nothing: save it to FILE (-: standard output), and end'
complete -c connmon -n '__connmon_is replay' -l for -x -d 'with --export: watch for so long first (60s, 1h30m)'
complete -c connmon -n '__connmon_is replay' -l format -x -a 'text html svg jsonl csv' -d 'what is saved: text (a report to read), html (a page with a picture), svg (the picture alone), jsonl (all of it), csv (a line for each address); default: what FILE ends in, else text'
complete -c connmon -n '__connmon_is replay' -l save-threshold -x -d 'at the end save the addresses that were active in PCT % of the time'
complete -c connmon -n '__connmon_is replay' -l no-config -d 'do not read the config file'

complete -c connmon -n '__connmon_is status' -x -a '(__fish_complete_directories)'
complete -c connmon -n '__connmon_is status' -s h -l help -d 'show this help message and exit'
complete -c connmon -n '__connmon_is status' -l version -d 'print version, license and sources'
complete -c connmon -n '__connmon_is status' -l json -d 'one JSON object (docs/status.md)'
complete -c connmon -n '__connmon_is status' -l server-key -r -F -d 'the key of the other host, or a file with it (connmon keys show prints it there)'
complete -c connmon -n '__connmon_is status' -l runtime-dir -x -a '(__fish_complete_directories)' -d 'where the stages meet (default: $CONNMON_RUNTIME_DIR, else $XDG_RUNTIME_DIR/connmon, else /run/connmon for root and /tmp/connmon-UID for others)'
complete -c connmon -n '__connmon_is status' -l no-config -d 'do not read the config file'
