"""月饼补助: who counts, what a household grows, who may have bread and how much."""
