"""What every connmon process shares: messages and codec, endpoints, the timeline, clean text."""

__version__ = "0.1.0"

#: Who made the data about countries and networks: told wherever some of it may be shown.
ATTRIBUTION = "IP Geolocation by DB-IP (https://db-ip.com), CC BY 4.0"
