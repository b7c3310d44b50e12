"""Names of addresses by reverse DNS, looked up without making anybody wait."""
