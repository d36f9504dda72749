"""From files to typed batches, and what may be published about them."""
