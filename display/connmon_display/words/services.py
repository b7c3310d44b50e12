"""The names of services by protocol and port: our own, and over these the user's /etc/services.

One dictionary for each protocol: `getservbyport` reads that file anew at each call (13 to 35 µs).
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from connmon_shared.timelines.states import Protocol

FILE = Path("/etc/services")
_MAX_BYTES = 4 << 20  # of that file; with all that IANA lists it has 700 kB
#: Name, port and protocol; a name has no character that a terminal could take for anything else.
_ENTRY = re.compile(rb"^[ \t]*([\w.+*-]{1,32})[ \t]+([0-9]{1,5})/(tcp|udp)\b", re.MULTILINE)

_TCP = """
7 echo 9 discard 13 daytime 20 ftp-data 21 ftp 22 ssh 23 telnet 25 smtp 37 time 43 whois 49 tacacs
53 domain 70 gopher 79 finger 80 http 88 kerberos 110 pop3 111 sunrpc 113 auth 119 nntp 135 epmap
139 netbios-ssn 143 imap2 179 bgp 389 ldap 427 svrloc 443 https 445 microsoft-ds 464 kpasswd
465 submissions 512 exec 513 login 514 shell 515 printer 548 afpovertcp 554 rtsp 587 submission
631 ipp 636 ldaps 646 ldp 749 kerberos-adm 853 domain-s 873 rsync 989 ftps-data 990 ftps
992 telnets 993 imaps 995 pop3s 1080 socks 1194 openvpn 1433 ms-sql-s 1521 oracle 1723 pptp
1883 mqtt 2049 nfs 2181 zookeeper 2375 docker 2376 docker-s 2379 etcd-client 2380 etcd-server
3000 http-dev 3128 squid 3260 iscsi-target 3268 msft-gc 3306 mysql 3389 ms-wbt-server 3478 stun
3690 svn 4369 epmd 5000 http-dev 5060 sip 5061 sips 5201 iperf3 5222 xmpp-client 5269 xmpp-server
5353 mdns 5432 postgresql 5601 kibana 5666 nrpe 5671 amqps 5672 amqp 5900 vnc 5938 teamviewer
5984 couchdb 6379 redis 6443 kubernetes 6514 syslog-tls 6667 ircd 6697 ircs 6881 bittorrent
7000 afs3 7687 neo4j 8000 http-alt 8006 proxmox 8008 http-alt 8080 http-alt 8086 influxdb
8123 clickhouse 8140 puppet 8200 vault 8333 bitcoin 8443 https-alt 8448 matrix 8500 consul
8883 secure-mqtt 8888 http-alt 9000 cslistener 9042 cassandra 9090 prometheus 9092 kafka
9100 jetdirect 9200 elasticsearch 9418 git 10050 zabbix-agent 10051 zabbix-trapper 10250 kubelet
11211 memcached 15672 rabbitmq 22000 syncthing 25565 minecraft 27017 mongodb 32400 plex
"""
_UDP = """
7 echo 9 discard 13 daytime 37 time 53 domain 67 bootps 68 bootpc 69 tftp 88 kerberos 111 sunrpc
123 ntp 137 netbios-ns 138 netbios-dgm 161 snmp 162 snmp-trap 389 ldap 427 svrloc 443 https
464 kpasswd 500 isakmp 514 syslog 520 route 546 dhcpv6-client 547 dhcpv6-server 623 asf-rmcp
631 ipp 853 domain-s 1194 openvpn 1434 ms-sql-m 1645 datametrics 1701 l2f 1812 radius
1813 radius-acct 1900 ssdp 2049 nfs 3389 ms-wbt-server 3478 stun 3702 ws-discovery 4500 ipsec-nat-t
4789 vxlan 5060 sip 5061 sips 5201 iperf3 5351 nat-pmp 5353 mdns 5355 llmnr 6081 geneve
6343 sflow 6881 bittorrent 8472 flannel 19302 stun 21027 syncthing 22000 syncthing 27015 steam
41641 tailscale 51820 wireguard
"""

Names = Mapping[int, str]  # by port


def read_services(file: Path) -> dict[int, Names]:
    """Return our names and those in `file`, which win, by protocol and port.

    What is no entry is passed over; without a file there are only ours. Of several entries for
    one port the first counts, as everywhere (services(5)).
    """
    names = {Protocol.TCP.value: _own(_TCP), Protocol.UDP.value: _own(_UDP)}
    theirs: dict[int, dict[int, str]] = {protocol: {} for protocol in names}
    for name, port, protocol in _ENTRY.findall(_content(file)):
        found = theirs[Protocol[protocol.decode().upper()].value]
        found.setdefault(int(port), name.decode("ascii"))
    return {protocol: names[protocol] | theirs[protocol] for protocol in names}


def service_of(protocol: int, port: int) -> str:
    """Return what a port is called; empty: nobody has named it."""
    return known_here().get(protocol, {}).get(port, "")


def services_of(port: int) -> set[str]:
    """Return what a port is called, whatever the protocol."""
    return {service_of(protocol, port) for protocol in Protocol} - {""}


@cache
def known_here() -> Mapping[int, Names]:
    """Return the names on this machine; its file is read once."""
    return read_services(FILE)


def _own(text: str) -> dict[int, str]:
    words = text.split()
    return dict(zip(map(int, words[::2]), words[1::2], strict=True))


def _content(file: Path) -> bytes:
    try:
        if not file.is_file():  # one that is no file may never end
            return b""
        with file.open("rb") as content:
            return content.read(_MAX_BYTES)
    except OSError:
        return b""
