"""Format files of tracepoints, as Linux 6.18 has them on a 64-bit host."""

_COMMON = """\
\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;
\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;
\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;

"""

TCP = f"""\
name: inet_sock_set_state
ID: 2287
format:
{_COMMON}\
\tfield:const void * skaddr;\toffset:8;\tsize:8;\tsigned:0;
\tfield:int oldstate;\toffset:16;\tsize:4;\tsigned:1;
\tfield:int newstate;\toffset:20;\tsize:4;\tsigned:1;
\tfield:__u16 sport;\toffset:24;\tsize:2;\tsigned:0;
\tfield:__u16 dport;\toffset:26;\tsize:2;\tsigned:0;
\tfield:__u16 family;\toffset:28;\tsize:2;\tsigned:0;
\tfield:__u16 protocol;\toffset:30;\tsize:2;\tsigned:0;
\tfield:__u8 saddr[4];\toffset:32;\tsize:4;\tsigned:0;
\tfield:__u8 daddr[4];\toffset:36;\tsize:4;\tsigned:0;
\tfield:__u8 saddr_v6[16];\toffset:40;\tsize:16;\tsigned:0;
\tfield:__u8 daddr_v6[16];\toffset:56;\tsize:16;\tsigned:0;

print fmt: "family=%s sport=%hu", REC->family, REC->sport
"""

UDP4 = f"""\
name: fib_table_lookup
ID: 2264
format:
{_COMMON}\
\tfield:u32 tb_id;\toffset:8;\tsize:4;\tsigned:0;
\tfield:int iif;\toffset:20;\tsize:4;\tsigned:1;
\tfield:u8 proto;\toffset:24;\tsize:1;\tsigned:0;
\tfield:__u8 src[4];\toffset:28;\tsize:4;\tsigned:0;
\tfield:__u8 dst[4];\toffset:32;\tsize:4;\tsigned:0;
\tfield:u16 sport;\toffset:56;\tsize:2;\tsigned:0;
\tfield:u16 dport;\toffset:58;\tsize:2;\tsigned:0;
\tfield:char name[16];\toffset:60;\tsize:16;\tsigned:0;
"""

UDP6 = f"""\
name: fib6_table_lookup
ID: 2315
format:
{_COMMON}\
\tfield:__u8 src[16];\toffset:31;\tsize:16;\tsigned:0;
\tfield:__u8 dst[16];\toffset:47;\tsize:16;\tsigned:0;
\tfield:u16 sport;\toffset:64;\tsize:2;\tsigned:0;
\tfield:u16 dport;\toffset:66;\tsize:2;\tsigned:0;
\tfield:u8 proto;\toffset:68;\tsize:1;\tsigned:0;
"""

SENT = f"""\
name: sock_send_length
ID: 2284
format:
{_COMMON}\
\tfield:void * sk;\toffset:8;\tsize:8;\tsigned:0;
\tfield:__u16 family;\toffset:16;\tsize:2;\tsigned:0;
"""

EXEC = f"""\
name: sched_process_exec
ID: 365
format:
{_COMMON}\
\tfield:__data_loc char[] filename;\toffset:8;\tsize:4;\tsigned:0;
\tfield:pid_t pid;\toffset:12;\tsize:4;\tsigned:1;
"""
