"""临时救助: 急难型 and 支出型, with the area's caps. What is given once is not by the month."""
