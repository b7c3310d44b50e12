"""Country and autonomous system of an address, from files that the user has downloaded."""
