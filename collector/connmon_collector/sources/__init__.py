"""Where connections come from: one module for each way to ask the system."""
