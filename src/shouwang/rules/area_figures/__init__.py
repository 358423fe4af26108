"""地区统计数和工资线: published figures of a division that several policies measure by."""
