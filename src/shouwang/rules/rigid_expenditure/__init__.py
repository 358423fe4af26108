"""刚性支出困难家庭: income above 低保边缘, but the year's unavoidable spending eats it up."""
