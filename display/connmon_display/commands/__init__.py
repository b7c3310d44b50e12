"""What `connmon NAME …` does besides watching: one module for each name, one table of them."""
