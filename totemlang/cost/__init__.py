"""What a module costs: verification, prices, bounds, quote."""
