"""互斥、就高、抵扣: exclusion, higher-of and offset between the schemes."""
