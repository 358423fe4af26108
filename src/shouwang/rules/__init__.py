"""What the law says: one folder per policy, plain functions with dated parameters and their sources. No Django, no database."""
