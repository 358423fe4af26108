"""最低生活保障: who is counted, what counts as income, who qualifies and for how much."""
