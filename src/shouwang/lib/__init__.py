"""What every floor may lean on: money, dates, codes, identity numbers, keys. No Django, no policy."""
