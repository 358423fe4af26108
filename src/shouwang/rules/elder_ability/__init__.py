"""老年人能力评估 (GB/T 42195—2022): 26 items, five levels. It is no test of 特困 self-care, which has its own six items."""
