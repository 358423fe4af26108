"""辅具、残疾儿童康复、福康工程、托养照护: who should be told to ask for it. Hints for a referral, no decisions."""
