# fish completion for connmon-enricher. Written by `make manual`.

complete -c connmon-enricher -f

complete -c connmon-enricher -s h -l help -d 'show this help message and exit'
complete -c connmon-enricher -l resolve-names -d 'ask DNS for the names of the addresses (PTR)'
complete -c connmon-enricher -l confirm-names -d 'ask whether each leads back, seen or not'
complete -c connmon-enricher -l dns-server -x -d 'ask this server for public names'
complete -c connmon-enricher -l dns-budget -x -d 'queries under way or, for 10 s, without an answer (default: 48)'
complete -c connmon-enricher -l dns-cache -r -F -d 'keep names in FILE for the next start (it tells whom you talked to)'
complete -c connmon-enricher -l lookup-country -d 'look countries up, offline'
complete -c connmon-enricher -l lookup-asn -d 'look AS numbers up, offline'
complete -c connmon-enricher -l geo-path -r -F -d 'GeoIP file, or its folder'
complete -c connmon-enricher -l listen -x -d 'serve viewers there, and at the next port'
complete -c connmon-enricher -l listen-collectors -x -d 'take collectors in there'
complete -c connmon-enricher -l runtime-dir -x -a '(__fish_complete_directories)' -d 'where the stages meet (default: $CONNMON_RUNTIME_DIR, else $XDG_RUNTIME_DIR/connmon, else /run/connmon for root and /tmp/connmon-UID for others)'
complete -c connmon-enricher -s v -l verbose -d 'put into the log what helps to find a fault'
complete -c connmon-enricher -l version -d 'print version, license and sources'
complete -c connmon-enricher -l no-config -d 'do not read the config file'
