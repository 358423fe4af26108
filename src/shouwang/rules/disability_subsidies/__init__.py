"""残疾人两项补贴: who may draw the living and the care subsidy and how much, before exclusions (``stacking`` decides those)."""
