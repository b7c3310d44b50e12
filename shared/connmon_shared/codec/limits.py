"""What may be sent at most. docs/protocol.md lists all of it; a test holds the two together."""

MAX_FRAME = 4 << 20  # bytes of one frame; a full part is 20 times smaller, as a rule
MAX_ROWS = 100_000  # of one table, and numbers of one column
MAX_ITEMS = 10_000  # elements of one array, and so different values of one column
MAX_ARRAYS = 5_000  # of one frame: each takes 64 times the memory of the byte that it may take here
MAX_PARTS = 1_000_000  # of one keyframe or state
MAX_TEXT = 1_024  # characters
MAX_HOST_NAME = 100  # characters: it is part of every topic, and of subscriptions
MAX_HOSTS = 256  # that one enricher or viewer follows
MAX_TEXTS = 1_000  # of one status
MAX_FIGURES = 1_000  # of one status
MAX_STRETCHES = 1_000  # in which one delta says that something was lost
MAX_HOLDERS = 256  # pids of one connection
MAX_PORTS = 1_000  # of one record
MAX_ASKED = 32  # parts or messages in one request
MAX_SHOWN = 48  # addresses in one message: a request may have 1 KiB
MAX_COUNT = (1 << 53) - 1  # of bytes, segments and the like: what a float holds exactly
MAX_INTERVAL = 86_400  # seconds between two samples: a day
MAX_AGE = 86_400_000  # ms before a message that what it tells may have happened: a day
MAX_TIME = 1e11  # seconds since 1970, the year 5138
