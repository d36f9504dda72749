"""What a verified module costs: symbolic bounds of totem, rows and bytes, and the quote."""
